//! Imports of one file, and their results as lines.

use apigateway_definition::{Code, Diagnostic, Import, Imported, Problems};

/// The JWT authorizer `People` and the HTTP API `Api`, as resources of a template.
pub(crate) const HTTP_API: &str = "
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  People:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E', Audience: [4example23456789]}
";

/// An import of this template.
pub(crate) fn template(text: impl AsRef<str>) -> Import {
    Import::new().file("template.yaml", text.as_ref())
}

/// An import of this service of the Serverless Framework.
pub(crate) fn service(text: impl AsRef<str>) -> Import {
    Import::new().file("serverless.yml", text.as_ref())
}

/// The routes, one a line.
pub(crate) fn routes(imported: &Imported) -> Vec<String> {
    imported.definition.routes().map(ToString::to_string).collect()
}

/// The diagnostics of a result, one a line.
pub(crate) fn told(read: &Result<Imported, Problems>) -> Vec<String> {
    let diagnostics = match read {
        Ok(imported) => &*imported.diagnostics,
        Err(problems) => problems.diagnostics(),
    };
    diagnostics.iter().map(line).collect()
}

/// `error APIGW-CFN-001 template.yaml:1:1 message`
fn line(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.labels().first().map(|label| format!("{} ", label.location())).unwrap_or_default();
    format!("{} {} {place}{}", diagnostic.severity(), diagnostic.code(), diagnostic.message())
}

/// The help of the only diagnostic.
pub(crate) fn help(read: &Result<Imported, Problems>) -> String {
    let Err(problems) = read else { return "it was read".into() };
    let helps = problems.diagnostics().iter().map(|one| one.help().unwrap_or_default().to_owned());
    helps.collect::<Vec<_>>().join("\n")
}

/// Whether it was not read because of a parameter that was not given.
pub(crate) fn is_undecided(read: &Result<Imported, Problems>) -> bool {
    let Err(problems) = read else { return false };
    problems.diagnostics().iter().any(|one| one.code() == Code::CFN_011)
}
