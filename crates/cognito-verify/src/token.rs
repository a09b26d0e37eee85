//! The compact serialization of a signed token (RFC 7515 §3.1): three segments, all still untrusted.

use std::borrow::Cow;

use base64::{DecodeSliceError, Engine, decoded_len_estimate, engine::general_purpose::URL_SAFE_NO_PAD};
use memchr::{memchr_iter, memrchr};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    json::{Text, object, present},
    keys::{MAX_KEY_ID, SigningKey},
    part::Part,
    rejected::Rejected,
};

/// The largest header that is read. Cognito's have about 80 bytes.
const MAX_HEADER: usize = 1024;
/// The largest signature: that of an RSA key of 8192 bits.
const MAX_SIGNATURE: usize = 1024;
/// The algorithms that a refusal may name. Other text from the token is not repeated.
const ALGORITHMS: [&str; 13] = [
    "HS256", "HS384", "HS512", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
    "EdDSA", "none",
];
/// base64 asks for up to two bytes more than it fills.
const SPARE: usize = 2;

/// Three segments, otherwise unchecked.
pub(crate) struct CompactToken<'t> {
    header: &'t [u8],
    payload: &'t [u8],
    signature: &'t [u8],
    /// The first two segments and the dot between them: what the signature covers.
    signed: &'t [u8],
}

impl<'t> CompactToken<'t> {
    /// Cuts the token at its dots.
    pub(crate) fn split(token: &'t [u8]) -> Result<Self, Rejected> {
        let mut dots = memchr_iter(b'.', token);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(Rejected::Segments { found: memchr_iter(b'.', token).count() + 1 });
        };
        let (signed, signature) = token.split_at_checked(second).unwrap_or_default();
        let (header, payload) = signed.split_at_checked(first).unwrap_or_default();
        let [payload, signature] = [payload, signature].map(|part| part.get(1..).unwrap_or_default());
        Ok(Self { header, payload, signature, signed })
    }

    /// Reads the header and returns the `kid`, the only member that is used later.
    pub(crate) fn key_id<'b>(&self, buffer: &'b mut HeaderBuffer) -> Result<Cow<'b, str>, Rejected> {
        let json = str::from_utf8(decode(self.header, &mut buffer.0, Part::Header)?);
        let json = json.map_err(|_| Rejected::Header)?;
        if let Some(key_id) = usual_key_id(json) {
            return check_key_id(Cow::Borrowed(key_id));
        }
        let header: Header<'b> = object(json).ok_or(Rejected::Header)?;
        header.into_key_id()
    }

    /// Checks the signature with the key.
    pub(crate) fn is_signed_by(&self, key: &SigningKey) -> Result<bool, Rejected> {
        let mut buffer = [0; MAX_SIGNATURE + SPARE];
        Ok(key.verifies(self.signed, decode(self.signature, &mut buffer, Part::Signature)?))
    }

    /// Decodes the payload before the signature is checked. Use only its issuer.
    pub(crate) fn unsigned_payload(&self) -> Option<UnsignedPayload> {
        let text = URL_SAFE_NO_PAD.decode(self.payload).ok()?;
        String::from_utf8(text).ok().map(|text| UnsignedPayload { text })
    }

    /// Decodes the payload; called once the signature is verified.
    pub(crate) fn payload(&self) -> Result<SignedPayload, Rejected> {
        let mut bytes = Vec::with_capacity(decoded_len_estimate(self.payload.len()) + self.signed.len());
        let failed = |_| Rejected::Encoding { part: Part::Payload };
        URL_SAFE_NO_PAD.decode_vec(self.payload, &mut bytes).map_err(failed)?;
        let length = bytes.len();
        bytes.extend_from_slice(self.signed);
        let text = String::from_utf8(bytes).map_err(|_| Rejected::Encoding { part: Part::Payload })?;
        Ok(SignedPayload { text, length })
    }
}

/// The signed part of a token and its signature: the parts before and after the last dot.
pub(crate) fn signed_and_signature(token: &[u8]) -> (&[u8], &[u8]) {
    let dot = memrchr(b'.', token).unwrap_or(token.len());
    let (signed, signature) = token.split_at_checked(dot).unwrap_or_default();
    (signed, signature.get(1..).unwrap_or_default())
}

/// A payload whose signature was not checked. Only its issuer can be read.
pub(crate) struct UnsignedPayload {
    text: String,
}

impl UnsignedPayload {
    /// The value of `iss`, if the payload is a JSON object that has one such member, a string. The values of other members
    /// are skipped.
    pub(crate) fn issuer(&self) -> Option<Cow<'_, str>> {
        #[derive(Deserialize)]
        struct Payload<'p> {
            #[serde(borrow)]
            iss: Text<'p>,
        }

        object::<Payload<'_>>(&self.text).map(|payload| payload.iss.0)
    }
}

/// A payload whose signature is verified, in one buffer.
#[derive(Clone)]
pub(crate) struct SignedPayload {
    /// The decoded payload, followed by the two segments that the signature covers, as they were sent.
    text: String,
    /// Of the payload.
    length: usize,
}

impl SignedPayload {
    /// The JSON.
    pub(crate) fn json(&self) -> &str {
        self.text.get(..self.length).unwrap_or_default()
    }

    /// The first two segments and the dot between them.
    pub(crate) fn segments(&self) -> &[u8] {
        self.text.as_bytes().get(self.length..).unwrap_or_default()
    }
}

/// Room on the stack for a decoded header.
pub(crate) struct HeaderBuffer([u8; MAX_HEADER + SPARE]);

impl HeaderBuffer {
    pub(crate) fn new() -> Self {
        Self([0; MAX_HEADER + SPARE])
    }
}

/// Decodes a segment into the buffer, which has `SPARE` bytes more than the segment may have.
fn decode<'b>(segment: &[u8], buffer: &'b mut [u8], part: Part) -> Result<&'b [u8], Rejected> {
    let limit = buffer.len() - SPARE;
    match URL_SAFE_NO_PAD.decode_slice(segment, buffer) {
        Ok(length) if length <= limit => Ok(buffer.get(..length).unwrap_or_default()),
        Ok(_) | Err(DecodeSliceError::OutputSliceTooSmall) => Err(Rejected::PartTooLong { part }),
        Err(DecodeSliceError::DecodeError(_)) => Err(Rejected::Encoding { part }),
    }
}

/// The JOSE header (RFC 7515 §4). `jku`, `jwk`, `x5u` and `x5c` are not here, so they can decide nothing.
#[derive(Deserialize)]
struct Header<'h> {
    #[serde(borrow)]
    alg: Text<'h>,
    #[serde(borrow, default, deserialize_with = "present")]
    kid: Option<Text<'h>>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<IgnoredAny>,
}

impl<'h> Header<'h> {
    fn into_key_id(self) -> Result<Cow<'h, str>, Rejected> {
        if self.alg.0 != "RS256" {
            let named = ALGORITHMS.iter().find(|name| **name == self.alg.0).copied();
            return Err(Rejected::Algorithm { named });
        }
        // RFC 7515 §4.1.11: extensions that are not understood must be refused; none is understood. RFC 7797 §6 has
        // `b64` listed there, and without the list it would change what is signed all the same.
        if self.crit.is_some() || self.b64.is_some() {
            return Err(Rejected::Critical);
        }
        check_key_id(self.kid.ok_or(Rejected::NoKeyId)?.0)
    }
}

/// The `kid` of a header exactly as Cognito writes it. Other headers are parsed as JSON.
fn usual_key_id(json: &str) -> Option<&str> {
    let key_id = json.strip_prefix(r#"{"kid":""#)?.strip_suffix(r#"","alg":"RS256"}"#)?;
    let needs_no_parser = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    key_id.bytes().all(needs_no_parser).then_some(key_id)
}

fn check_key_id(key_id: Cow<'_, str>) -> Result<Cow<'_, str>, Rejected> {
    match key_id.len() {
        0 => Err(Rejected::NoKeyId),
        1..=MAX_KEY_ID => Ok(key_id),
        bytes => Err(Rejected::KeyIdTooLong { bytes, limit: MAX_KEY_ID }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_id(header: &str) -> Result<String, Rejected> {
        let token = format!("{}..", URL_SAFE_NO_PAD.encode(header));
        let token = CompactToken::split(token.as_bytes())?;
        token.key_id(&mut HeaderBuffer::new()).map(Cow::into_owned)
    }

    #[test]
    fn a_token_has_exactly_two_dots() {
        for (token, found) in [("", 1), ("a", 1), ("a.b", 2), ("a.b.c.d", 4), ("a.b.c.d.e", 5), ("....", 5)] {
            let error = CompactToken::split(token.as_bytes()).err();
            assert_eq!(error, Some(Rejected::Segments { found }), "{token}");
        }
        assert!(CompactToken::split(b"a.b.c").is_ok());
    }

    #[test]
    fn the_header_must_name_rs256_and_a_key() {
        assert_eq!(key_id(r#"{"kid":"a+/=","alg":"RS256"}"#).unwrap(), "a+/=");
        assert_eq!(key_id(r#"{"typ":"JWT","\u006bid":"\u0061","alg":"RS256","x5c":[]}"#).unwrap(), "a");
        for (header, rejected) in [
            (r#"{"kid":"a","alg":"none"}"#, Rejected::Algorithm { named: Some("none") }),
            (r#"{"kid":"a","alg":"rs256"}"#, Rejected::Algorithm { named: None }),
            (r#"{"kid":"a","alg":"HS256"}"#, Rejected::Algorithm { named: Some("HS256") }),
            (r#"{"kid":"a","alg":"RS256 "}"#, Rejected::Algorithm { named: None }),
            (r#"{"kid":"a","alg":""}"#, Rejected::Algorithm { named: None }),
            (r#"{"kid":"a","alg":null}"#, Rejected::Header),
            (r#"{"kid":"a"}"#, Rejected::Header),
            (r#"{"alg":"RS256"}"#, Rejected::NoKeyId),
            (r#"{"kid":"","alg":"RS256"}"#, Rejected::NoKeyId),
            (r#"{"kid":null,"alg":"RS256"}"#, Rejected::Header),
            (r#"{"kid":1,"alg":"RS256"}"#, Rejected::Header),
            (r#"{"kid":"a","kid":"a","alg":"RS256"}"#, Rejected::Header),
            (r#"{"kid":"a","alg":"RS256","\u0061lg":"RS256"}"#, Rejected::Header),
            (r#"{"kid":"a","alg":"RS256","crit":["exp"]}"#, Rejected::Critical),
            (r#"{"kid":"a","alg":"RS256","crit":null}"#, Rejected::Critical),
            (r#"{"kid":"a","alg":"RS256","b64":true}"#, Rejected::Critical),
            (r#"{"kid":"a","alg":"RS256"} x"#, Rejected::Header),
            (r#"["RS256"]"#, Rejected::Header),
            ("", Rejected::Header),
        ] {
            assert_eq!(key_id(header), Err(rejected), "{header}");
        }
    }

    /// The short way and the parser agree about every header of this form.
    #[test]
    fn a_usual_header_is_read_as_the_json_parser_reads_it() {
        let long = "k".repeat(257);
        for kid in ["a", "a+/=", "é", "", "a\\u0062", "a\"b", "a\tb", "a\u{7f}b", &long] {
            let header = format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#);
            let parsed = object::<Header<'_>>(&header).ok_or(Rejected::Header);
            let parsed = parsed.and_then(Header::into_key_id).map(Cow::into_owned);
            assert_eq!(key_id(&header), parsed, "{header}");
        }
        assert_eq!(usual_key_id(r#"{"kid":"a","alg":"RS256"}"#), Some("a"));
        assert_eq!(usual_key_id(r#"{"kid":"a","kid":"b","alg":"RS256"}"#), None);
    }

    #[test]
    fn the_header_and_the_key_id_are_bounded() {
        let kid = |n| format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(n));
        assert!(key_id(&kid(256)).is_ok());
        let padded = |n: usize| format!("{}{}", kid(1), " ".repeat(n - kid(1).len()));
        assert!(key_id(&padded(MAX_HEADER)).is_ok());
        for long in MAX_HEADER + 1..MAX_HEADER + 9 {
            assert_eq!(key_id(&padded(long)), Err(Rejected::PartTooLong { part: Part::Header }), "{long}");
        }
        assert_eq!(key_id(&kid(257)), Err(Rejected::KeyIdTooLong { bytes: 257, limit: 256 }));
        assert_eq!(key_id(&kid(2000)), Err(Rejected::PartTooLong { part: Part::Header }));
    }

    #[test]
    fn base64url_is_read_strictly() {
        let encoding = Err(Rejected::Encoding { part: Part::Header });
        // `e30` is `{}`; `e31` has trailing bits that are not zero, the others padding, the wrong alphabet, space.
        for (segment, expected) in [
            ("e30", Err(Rejected::Header)),
            ("e31", encoding.clone()),
            ("e30=", encoding.clone()),
            ("e3+", encoding.clone()),
            ("e3/", encoding.clone()),
            (" e30", encoding.clone()),
            ("e30\n", encoding.clone()),
            ("e", encoding.clone()),
            ("é", encoding.clone()),
        ] {
            let token = format!("{segment}.e30.AA");
            let token = CompactToken::split(token.as_bytes()).unwrap();
            let found = token.key_id(&mut HeaderBuffer::new()).map(Cow::into_owned);
            assert_eq!(found, expected, "{segment:?}");
        }
    }
}
