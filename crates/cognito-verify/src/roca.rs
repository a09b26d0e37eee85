//! The fingerprint of ROCA (CVE-2017-15361): RSA keys made by a faulty library, whose private half can be computed.
//!
//! Its primes are `k·M + (65537^a mod M)`, where `M` is a product of the first primes, so modulo `M` the modulus of a
//! key is a power of 65537 too. Source: Nemec, Sys, Svenda, Klinec, Matyas, "The Return of Coppersmith's Attack"
//! (ACM CCS 2017), §2.

const GENERATOR: u32 = 65_537;

/// The primes of the smallest `M` in use, which divides all the others.
const PRIMES: [u32; 39] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
    107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether the modulus is a power of 65537 modulo `M`. Of sound keys fewer than one in 2^150 is.
pub(crate) fn has_fingerprint(modulus: &[u8]) -> bool {
    let mut known = Vec::<Logarithm>::with_capacity(PRIMES.len());
    for prime in PRIMES {
        let rest = modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        // The same exponent must do for all primes: two residue classes meet if they agree modulo their common divisor.
        match Logarithm::of(rest, prime) {
            Some(found) if known.iter().all(|other| found.agrees_with(*other)) => known.push(found),
            _ => return false,
        }
    }
    true
}

/// All exponents that give the rest wanted: those that are `exponent` modulo `order`.
#[derive(Clone, Copy)]
struct Logarithm {
    exponent: u32,
    order: u32,
}

impl Logarithm {
    fn of(rest: u32, prime: u32) -> Option<Self> {
        let (mut power, mut order, mut exponent) = (1, 0, None);
        loop {
            if power == rest {
                exponent = Some(order);
            }
            power = power * (GENERATOR % prime) % prime;
            order += 1;
            if power == 1 {
                return Some(Self { exponent: exponent?, order });
            }
        }
    }

    fn agrees_with(self, other: Self) -> bool {
        let common = greatest_common_divisor(self.order, other.order);
        self.exponent % common == other.exponent % common
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// The key of Wycheproof's `rejectsKeyWithRocaVulnerability`.
    const FAULTY: &str = "\
        AanFpofbj7KjD4Lf-N2hVMKR7yewSyXhhbirIMTGpfYEhZ_lnt5UoK98DnKIgArXGTu3MaW_HhFw16HGaTDUHqPrId7fe4r1\
        1CqRw09yBFuW79V8sYIwHdzCaWflUI6auImYbVfoN9_nD5n8N8SY9DwXw7mwZM9wREPXoDPgOoIWl6q_MPsp7n0zs3Z5ZaiQ\
        WOOzl1S9OhwAfSiiOwz6efnXEaxuTEtPd7BjSx7NaFka8Dx9U7YqXy2RFj1O9PjyaDGuRh7YXsX3iMUSP_wSyHQg_c_qHRtK\
        UsNSGCT7OZg0hzm2KphtjnayKJvC64vAbROBR4Ubg6Bxg9IQVZ-QYyE";
    /// That of RFC 7520 §3.3.
    const SOUND: &str = "\
        n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMa\
        JMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6c\
        S6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwd\
        q_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw";

    #[test]
    fn a_faulty_key_is_recognised() {
        assert!(has_fingerprint(&URL_SAFE_NO_PAD.decode(FAULTY).unwrap()));
        assert!(has_fingerprint(&[1, 0, 1]), "65537 is a power of itself");
        assert!(has_fingerprint(&[1]));
    }

    #[test]
    fn a_sound_key_is_not() {
        let sound = URL_SAFE_NO_PAD.decode(SOUND).unwrap();
        assert!(!has_fingerprint(&sound));
        for change in 0..=255 {
            let mut faulty = URL_SAFE_NO_PAD.decode(FAULTY).unwrap();
            faulty[100] ^= change;
            assert_eq!(has_fingerprint(&faulty), change == 0, "{change}");
        }
        assert!(!has_fingerprint(&[]));
    }

    /// It is 65537 modulo 7 and 1 modulo all other primes, each of which is a power of 65537; but no exponent is odd, as the
    /// one asks, and even, as the others do.
    #[test]
    fn powers_with_different_exponents_for_each_prime_are_not_a_fingerprint() {
        let mixed = 0x14e_663c_6215_fb60_12e7_5b61_d30a_u128.to_be_bytes();
        let rest = 0x781f_dd29_b16e_5438_aad6_fd67_e88b_u128.to_be_bytes();
        assert!(!has_fingerprint(&[&mixed[2..], &rest[2..]].concat()));
    }
}
