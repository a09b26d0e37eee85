//! The text of a literal segment in the tree.

/// The longest text that is stored in place. A label then takes 16 bytes.
const SHORT: usize = 14;

/// The text of a literal segment. Short text, as most is, is read together with what contains the label.
#[derive(Clone, Copy)]
pub(super) enum Label {
    Short { length: u8, bytes: [u8; SHORT] },
    Long { start: u32, length: u32 },
}

impl Label {
    /// A label with this text. `all` has the text of the long ones.
    pub(super) fn new(text: &str, all: &mut String) -> Self {
        let mut bytes = [0; SHORT];
        if let (Ok(length), Some(start)) = (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            start.copy_from_slice(text.as_bytes());
            return Self::Short { length, bytes };
        }
        let start = position(all.len());
        all.push_str(text);
        Self::Long { start, length: position(text.len()) }
    }

    /// The text, of which `all` has that of the long labels.
    pub(super) fn bytes<'l>(&'l self, all: &'l str) -> &'l [u8] {
        let (bytes, start, length) = match self {
            Self::Short { length, bytes } => (&bytes[..], 0, usize::from(*length)),
            Self::Long { start, length } => (all.as_bytes(), *start as usize, *length as usize),
        };
        bytes.get(start..start + length).unwrap_or_default()
    }
}

/// Positions are far below `u32::MAX`: a pattern has at most 64 segments and 1,024 bytes, and no table has four million of them.
pub(super) fn position(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_text_is_read_as_it_was_written() {
        let mut all = String::new();
        let texts: Vec<String> = (0..40).map(|length| ('a'..='z').cycle().take(length).collect()).collect();
        let labels: Vec<_> = texts.iter().map(|text| Label::new(text, &mut all)).collect();
        for (text, label) in texts.iter().zip(&labels) {
            assert_eq!(label.bytes(&all), text.as_bytes());
            assert_eq!(matches!(label, Label::Short { .. }), text.len() <= SHORT, "{text}");
        }
        assert_eq!(all.len(), (SHORT + 1..40).sum::<usize>());
        assert_eq!(size_of::<Label>(), 16);
    }
}
