//! The one token of a value.

use super::error::IdentityError;

/// How much longer than its token a value may be: room for the scheme, and for spaces.
pub(super) const AROUND: usize = 64;

/// The one value, or why there is not one.
pub(super) fn only<'r>(
    mut values: impl Iterator<Item = &'r [u8]>,
    several: IdentityError,
) -> Result<&'r [u8], IdentityError> {
    let value = values.next().ok_or(IdentityError::Missing)?;
    if values.next().is_some() { Err(several) } else { Ok(value) }
}

/// Whether the text is a token of HTTP (RFC 9110 §5.6.2), as the names of headers, cookies and subprotocols are.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The one token of a value.
pub(super) fn only_token(value: &[u8], limit: usize) -> Result<&[u8], IdentityError> {
    if value.len() > limit {
        let start = value.get(..AROUND).unwrap_or_default();
        return match split_once(start, b' ') {
            Some((scheme, _)) if is_other_scheme(scheme) => Err(IdentityError::OtherScheme),
            _ => Ok(value),
        };
    }
    // Fast path for what nearly all clients send.
    if let Some(token) = value.strip_prefix(b"Bearer ")
        && is_token(token)
    {
        return Ok(token);
    }
    if !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return Err(IdentityError::NotText);
    }
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(IdentityError::Missing);
    }
    let token = match split_once(value, b' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer") => behind_spaces(token),
        Some((scheme, _)) if is_other_scheme(scheme) => return Err(IdentityError::OtherScheme),
        Some(_) => return Err(IdentityError::SeveralTokens),
        None if value.eq_ignore_ascii_case(b"Bearer") => return Err(IdentityError::Missing),
        None => value,
    };
    if is_token(token) { Ok(token) } else { Err(IdentityError::SeveralTokens) }
}

/// A token has no spaces, so text before a space is a scheme, unless it is a token itself.
fn is_other_scheme(first: &[u8]) -> bool {
    !first.is_empty() && !first.eq_ignore_ascii_case(b"Bearer") && !first.contains(&b'.')
}

fn behind_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// Splits at the first of these bytes.
fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = text.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}

/// Whether it is visible ASCII without a comma, and there is some. Looks at every byte, even behind one that decides: so the
/// compiler looks at many at a time, and keeps three numbers.
pub(super) fn is_token(text: &[u8]) -> bool {
    let all = (u8::MAX, u8::MIN, u8::MAX);
    let (least, greatest, comma) = text.iter().fold(all, |(least, greatest, comma), byte| {
        // Zero for a comma alone.
        let difference = byte ^ b',';
        (least.min(*byte), greatest.max(*byte), comma.min(difference))
    });
    !text.is_empty() && least > b' ' && greatest < 0x7F && comma != 0
}
