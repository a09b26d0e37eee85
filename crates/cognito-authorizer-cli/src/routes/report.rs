//! The routes of a definition, for people.

use std::io::{self, Write};

use apigateway_definition::{
    Api, ApiDefinition, ApiKind, Authorizer, CognitoAuthorizer, Cors, Imported, JwtAuthorizer, Origin,
    RestJwtAuthorizer, Route, TrustedIssuer,
};

use crate::{
    definition,
    quoted::quoted,
    routes::{
        check::{Check, Failure, FailureReason},
        options::Detail,
        row, table,
    },
    style::{BAD, CAUTION, COMMAND, FAINT, GOOD, HEADING, Width, counted, printable},
};

/// API Gateway's default result TTL, in seconds.
const DEFAULT_RESULT_TTL: u16 = 300;

/// Writes the tables, the diagnostics and the names to bind. The open routes, which must not be missed, come last, before the
/// result of `--check`.
pub(super) fn write(
    imported: &Imported,
    check: Option<&Check>,
    detail: Detail,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    let definition = &imported.definition;
    for api in &definition.apis {
        write_api(api, width, out)?;
    }
    write_left_out(definition, detail, width, out)?;
    definition::write_problems(&imported.diagnostics, width, out)?;
    write_unbound(&row::unbound(definition), out)?;
    if definition.apis.is_empty() {
        return writeln!(out, "{BAD}There is no API to serve{BAD:#}");
    }
    write_open(definition, width, out)?;
    check.map_or(Ok(()), |check| write_check(check, width, out))
}

fn write_api(api: &Api, width: Width, out: &mut dyn Write) -> io::Result<()> {
    let kind = match api.kind {
        ApiKind::Rest => "REST API",
        ApiKind::Http => "HTTP API",
        _ => "API",
    };
    let stage = api.stage.as_ref().map(|stage| format!(", stage {}", printable(stage))).unwrap_or_default();
    writeln!(
        out,
        "{HEADING}{kind} {}{HEADING:#}{stage} {FAINT}{}{FAINT:#}\n",
        printable(&api.id),
        printable(&api.source.to_string())
    )?;
    table::write(&api.routes, width, out)?;
    writeln!(out)?;
    for authorizer in &api.authorizers {
        let facts = match authorizer {
            Authorizer::Cognito(authorizer) => cognito(authorizer),
            Authorizer::Jwt(authorizer) => jwt(authorizer),
            Authorizer::RestJwt(authorizer) => rest_jwt(authorizer),
            _ => "a Lambda function, which is not reproduced".to_owned(),
        };
        let name = printable(authorizer.name());
        let text = width.hanging(&printable(&format!("  {name}: {facts}")), 4);
        let rest = text.strip_prefix(&format!("  {name}")).unwrap_or(&text);
        writeln!(out, "  {HEADING}{name}{HEADING:#}{rest}")?;
    }
    if let Some(cors) = &api.cors {
        writeln!(out, "{}", width.hanging(&printable(&format!("  CORS: {}", preflights(cors))), 4))?;
    }
    for response in &api.gateway_responses {
        let status = response.status.map(|status| format!(", status {status}")).unwrap_or_default();
        writeln!(out, "  {FAINT}gateway response {}{status}{FAINT:#}", printable(&response.response_type))?;
    }
    let more = !api.authorizers.is_empty() || api.cors.is_some() || !api.gateway_responses.is_empty();
    if more { writeln!(out) } else { Ok(()) }
}

fn cognito(authorizer: &CognitoAuthorizer) -> String {
    let pools: Vec<String> = authorizer.pools.iter().map(ToString::to_string).collect();
    let ttl = authorizer.result_ttl.unwrap_or(DEFAULT_RESULT_TTL);
    let expression = authorizer.validation_expression.as_ref();
    let expression = expression.map(|text| format!(", `aud` must match {text}")).unwrap_or_default();
    format!(
        "Cognito user pool {}, header {}{expression}, result TTL {ttl} s",
        pools.join(" or "),
        authorizer.header
    )
}

fn jwt(authorizer: &JwtAuthorizer) -> String {
    let audiences: Vec<String> = authorizer.audiences.iter().map(ToString::to_string).collect();
    let (issuer, source) = (&authorizer.issuer, &authorizer.identity_source);
    format!("JWT, issuer {issuer}, audience {}, from {source}", audiences.join(" or "))
}

fn rest_jwt(authorizer: &RestJwtAuthorizer) -> String {
    let issuer = |trusted: &TrustedIssuer| {
        let audiences: Vec<String> = trusted.audiences.iter().map(ToString::to_string).collect();
        let claims = trusted.additional_claims.iter().map(|claim| format!(", claim {claim}"));
        format!(
            "issuer {}, audience {}{}",
            trusted.issuer,
            audiences.join(" or "),
            claims.collect::<String>()
        )
    };
    let issuers: Vec<String> = authorizer.issuers.iter().map(issuer).collect();
    format!("JWT, {}, header {}", issuers.join("; or "), authorizer.header)
}

fn preflights(cors: &Cors) -> String {
    let origins = cors.allow_origins.join(", ");
    format!("the gateway answers preflights itself, for origins {origins}")
}

fn write_left_out(
    definition: &ApiDefinition,
    detail: Detail,
    width: Width,
    out: &mut dyn Write,
) -> io::Result<()> {
    let count = definition.not_carried_over.len();
    match (detail, count) {
        (_, 0) => return Ok(()),
        (Detail::Count, _) => {
            let (count, them) = (counted(count, "thing"), if count == 1 { "it" } else { "them" });
            return writeln!(
                out,
                "{HEADING}Not carried over{HEADING:#}: {count}; `--verbose` lists {them}\n"
            );
        }
        (Detail::List, _) => {}
    }
    writeln!(out, "{HEADING}Not carried over{HEADING:#}")?;
    for left_out in &definition.not_carried_over {
        let text = format!("  {}, {}: {}", left_out.what, left_out.source, left_out.why);
        writeln!(out, "{FAINT}{}{FAINT:#}", width.hanging(&printable(&text), 4))?;
    }
    writeln!(out)
}

fn write_unbound(names: &[&str], out: &mut dyn Write) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEADING}To be bound{HEADING:#}, before it can be served")?;
    for name in names {
        writeln!(out, "  {COMMAND}--bind {}=…{COMMAND:#}", quoted(&printable(name)))?;
    }
    writeln!(out)
}

fn write_open(definition: &ApiDefinition, width: Width, out: &mut dyn Write) -> io::Result<()> {
    if definition.open_routes().next().is_none() {
        return writeln!(out, "{HEADING}Open routes{HEADING:#}: none");
    }
    writeln!(out, "{HEADING}Open routes{HEADING:#}: requests need no token")?;
    // A definition may answer preflights on every path, and they never have a token. They must not hide the other open routes.
    let (preflights, routes): (Vec<&Route>, Vec<&Route>) =
        definition.open_routes().partition(|route| route.origin == Origin::Preflight);
    let mut lines: Vec<(String, String)> = routes.into_iter().map(open_line).collect();
    match *preflights {
        [] => {}
        [route] => lines.push(open_line(route)),
        _ => lines
            .push((format!("OPTIONS of {} paths", preflights.len()), "answer CORS preflights".to_owned())),
    }
    let longest = lines.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, text) in lines {
        writeln!(out, "  {CAUTION}{key:<longest$}{CAUTION:#}  {}", width.beside(&text, longest + 4))?;
    }
    Ok(())
}

/// The route, and why it is open and where the definition says so.
fn open_line(route: &Route) -> (String, String) {
    let location = printable(&route.source.to_string());
    (route.key.to_string(), format!("{} ({location})", printable(&row::notes(route).join("; "))))
}

fn write_check(check: &Check, width: Width, out: &mut dyn Write) -> io::Result<()> {
    if check.failures.is_empty() {
        return writeln!(
            out,
            "\n{GOOD}Check passed: every route is resolved, and every open one is confirmed{GOOD:#}"
        );
    }
    writeln!(out, "\n{BAD}Check failed: {}{BAD:#}", counted(check.failures.len(), "route"))?;
    for Failure { route, why } in &check.failures {
        let why = match why {
            FailureReason::Open => "is open, and nothing confirms that it may be",
            FailureReason::Unresolved => "could not be resolved, so it is refused; its error is above",
        };
        writeln!(out, "  {BAD}✗{BAD:#} {}", width.beside(&format!("{route} {why}"), 4))?;
    }
    let mut open = check.failures.iter().filter(|failure| failure.why == FailureReason::Open).peekable();
    if open.peek().is_some() {
        writeln!(out, "{}", width.advice("Give each an authorizer, or confirm that it may be open:"))?;
    }
    for Failure { route, .. } in open {
        writeln!(out, "    {COMMAND}--allow-open {}{COMMAND:#}", quoted(route))?;
    }
    Ok(())
}
