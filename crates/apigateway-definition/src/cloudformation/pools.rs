//! User pools, by their ARN, id or issuer.

use cognito_verify::{IssuerForm, UserPoolId};

use crate::{
    cloudformation::{
        scope::Scope,
        template::Resource,
        text::{Reference, Text, TextPart},
    },
    model::{PoolRef, Symbol},
    problem::{Problem, error},
};

/// The pool with this ARN, which can consist of several parts. Only the pool matters, because tokens contain neither the account
/// nor the partition.
pub(crate) fn from_arn(scope: Scope<'_>, text: &Text) -> Result<PoolRef, Problem> {
    let invalid = || {
        error!(CFN_003, "`{}` is not the ARN of a user pool", text.display())
            .at(text.span, "here")
            .help("one reads `arn:aws:cognito-idp:{region}:{account}:userpool/{id}`")
    };
    if let Some(reference) = text.only_reference() {
        return match (reference, scope.resource(reference)) {
            (Reference::Attribute { name, .. }, Some(pool)) if pool.kind == "AWS::Cognito::UserPool" => {
                if name == "Arn" {
                    Ok(symbol(reference))
                } else {
                    Err(invalid())
                }
            }
            // The value of any other attribute, and of an import, is known only after deployment.
            (Reference::Attribute { .. } | Reference::Import(_), _) => Ok(PoolRef::Symbol(text.symbol())),
            _ => Err(invalid()),
        };
    }
    let (before, id) = cut(&text.pieces, ":userpool/").ok_or_else(invalid)?;
    let arn = Text { pieces: before, ..Text::empty(text.span) }.display();
    let parts: Vec<&str> = arn.split(':').collect();
    // Names of pseudo parameters contain colons.
    let flat = arn.replace("${AWS::", "${");
    if parts.first() != Some(&"arn") || flat.split(':').nth(2) != Some("cognito-idp") {
        return Err(invalid());
    }
    let pool = from_id(scope, &Text { pieces: id, ..Text::empty(text.span) })?;
    let region = flat.split(':').nth(3).unwrap_or_default();
    match &pool {
        PoolRef::Id(id) if !region.starts_with("${") && id.region() != region => Err(invalid()),
        _ => Ok(pool),
    }
}

/// The pool with this id.
pub(crate) fn from_id(scope: Scope<'_>, text: &Text) -> Result<PoolRef, Problem> {
    let invalid = || {
        error!(CFN_003, "`{}` is not the id of a user pool", text.display())
            .at(text.span, "here")
            .help("one reads like `eu-west-1_Ab12Cd34E`")
    };
    if let Some(known) = text.known() {
        return known.parse().map(PoolRef::Id).map_err(|_| invalid());
    }
    match text.only_reference().map(|reference| (reference, scope.resource(reference))) {
        Some((Reference::Resource { .. }, Some(resource))) if resource.kind == "AWS::Cognito::UserPool" => {
            Ok(PoolRef::Symbol(text.symbol()))
        }
        Some((Reference::Attribute { .. } | Reference::Import(_), _)) => Ok(PoolRef::Symbol(text.symbol())),
        _ => Err(invalid()),
    }
}

/// The pool with this issuer, if it is the issuer of a pool.
pub(crate) fn from_issuer(scope: Scope<'_>, text: &Text) -> Option<PoolRef> {
    if let Some(known) = text.known() {
        let id: UserPoolId = known.rsplit_once('/')?.1.parse().ok()?;
        let is_issuer = |form| id.issuer(form).as_deref() == Some(known);
        let found = is_issuer(IssuerForm::Original) || is_issuer(IssuerForm::Updated);
        return found.then_some(PoolRef::Id(id));
    }
    let pool = text.pieces.iter().find_map(|piece| match piece {
        TextPart::Reference(reference) => {
            let is_pool = |resource: &Resource| resource.kind == "AWS::Cognito::UserPool";
            scope.resource(reference).is_some_and(is_pool).then_some(reference)
        }
        TextPart::Known(_) => None,
    })?;
    Some(symbol(pool))
}

/// The Region in the host name of a user pool's issuer, and the pool; `None` for any other issuer.
pub(crate) fn region_and_pool(issuer: &str) -> Option<(&str, UserPoolId)> {
    let (host, id) = issuer.strip_prefix("https://")?.split_once('/')?;
    let host = host.strip_prefix("issuer-").unwrap_or(host);
    let (region, _) = host.strip_prefix("cognito-idp.")?.split_once('.')?;
    Some((region, id.trim_end_matches('/').parse().ok()?))
}

/// A pool that the definition creates.
fn symbol(pool: &Reference) -> PoolRef {
    let name = pool.name();
    PoolRef::Symbol(Symbol { text: format!("${{{name}}}"), names: vec![name] })
}

/// Splits the pieces at the first occurrence of the mark, which neither part contains.
fn cut(pieces: &[TextPart], mark: &str) -> Option<(Vec<TextPart>, Vec<TextPart>)> {
    let mut before = Vec::new();
    let mut pieces = pieces.iter();
    while let Some(piece) = pieces.next() {
        if let TextPart::Known(text) = piece
            && let Some((head, tail)) = text.split_once(mark)
        {
            before.push(TextPart::Known(head.into()));
            let tail = Some(tail).filter(|tail| !tail.is_empty()).map(|tail| TextPart::Known(tail.into()));
            return Some((before, tail.into_iter().chain(pieces.cloned()).collect()));
        }
        before.push(piece.clone());
    }
    None
}
