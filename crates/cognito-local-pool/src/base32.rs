//! Base32 (RFC 4648 §6) without padding: how the secret of an authenticator app is written.

/// The shortest secret: 80 bits.
const LEAST: usize = 10;

/// The bytes of `text`, in either case; spaces and final `=` are ignored. `None` for anything else, and for less than
/// 80 bits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for c in text.trim_end_matches('=').chars().filter(|c| *c != ' ') {
        let value = match c.to_ascii_uppercase() {
            letter @ 'A'..='Z' => u32::from(letter) - u32::from('A'),
            digit @ '2'..='7' => u32::from(digit) - u32::from('2') + 26,
            _ => return None,
        };
        bits = (bits << 5) | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    (bytes.len() >= LEAST).then_some(bytes)
}

/// Writes `bytes`, without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |bits: u32| {
        let index = usize::try_from(bits & 31).unwrap_or_default();
        ALPHABET.get(index).copied().map(char::from).unwrap_or_default()
    };
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(digit(bits >> count));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(digit(bits << (5 - count)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        // RFC 4648 §10, and longer.
        for (bytes, text) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        let long: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&long)), Some(long));
    }

    #[test]
    fn the_secret_of_rfc_6238_is_decoded() {
        let expected = Some(b"12345678901234567890".to_vec());
        assert_eq!(decode("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), expected);
        assert_eq!(decode("gezd gnbv gy3t qojq gezd gnbv gy3t qojq===="), expected);
    }

    #[test]
    fn other_texts_are_not_secrets() {
        for text in ["", "GEZDGNBV", "GEZDGNBVGY3TQOJ1", "GEZDGNBVGY3TQOJ-", "=GEZDGNBVGY3TQOJQ"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
