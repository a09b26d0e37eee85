//! The name of a user pool, and what follows from it: Region, partition, issuer, where the keys are.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A user pool's id, such as `eu-west-1_Ab12Cd34E`.
///
/// The syntax is AWS's (`UserPoolIdType` of the user pools API): `[\w-]+_[0-9a-zA-Z]+` in ASCII and at most 55
/// characters. Ids of emulators (`local_1a2b3c4d`) fit it; they have no AWS Region, so their issuer must be given.
///
/// ```
/// use cognito_verify::{IssuerForm, UserPoolId};
///
/// let id: UserPoolId = "eu-west-1_Ab12Cd34E".parse()?;
/// assert_eq!(id.region(), "eu-west-1");
/// assert_eq!(
///     id.issuer(IssuerForm::Original).as_deref(),
///     Some("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"),
/// );
/// assert!("eu-west-1".parse::<UserPoolId>().is_err());
/// # Ok::<(), cognito_verify::PoolError>(())
/// ```
#[derive(Clone, PartialOrd, Ord)]
pub struct UserPoolId {
    text: Arc<str>,
    region_length: usize,
}

/// How AWS writes the issuer of a user pool.
///
/// Source: "Multi-Region replication" and "Verifying JSON web tokens" of the Amazon Cognito developer guide. A pool
/// has one of the two at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IssuerForm {
    /// `https://cognito-idp.{region}.amazonaws.com/{id}`: what every pool starts with, and the default.
    #[default]
    Original,
    /// `https://issuer-cognito-idp.{region}.amazonaws.com/{id}`: for pools that were switched to it. The key set
    /// of a pool that was not answers 403 there.
    Updated,
}

/// An AWS partition with user pools whose host names are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`, the commercial Regions.
    Aws,
    /// `aws-us-gov`; the same host names as `aws`.
    AwsUsGov,
    /// `aws-cn`, hosts under `amazonaws.com.cn`.
    AwsCn,
    /// `aws-eusc`, the European Sovereign Cloud, hosts under `amazonaws.eu`. AWS's own libraries disagree about this
    /// suffix; where the pool's tokens say otherwise, set [`UserPool::issuer`](crate::UserPool::issuer).
    AwsEusc,
}

impl Partition {
    /// The partition of a Region.
    fn of(region: &str) -> Option<Self> {
        let mut parts = region.split('-').rev();
        let number = parts.next()?;
        let words: Vec<&str> = parts.collect();
        let named = words.len() >= 2
            && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit());
        let (&area, &second) = (words.last()?, words.iter().rev().nth(1)?);
        match (area, second) {
            _ if !named => None,
            ("cn", _) => Some(Self::AwsCn),
            ("eusc", _) => Some(Self::AwsEusc),
            (_, "gov") => Some(Self::AwsUsGov),
            (_, isolated) if isolated.starts_with("iso") => None,
            _ => Some(Self::Aws),
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
        }
    }
}

impl UserPoolId {
    /// Parses an id; `FromStr` is implemented beside the error.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (region, name) = text.rsplit_once('_')?;
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let is_valid = text.len() <= 55
            && !region.is_empty()
            && region.bytes().all(word)
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        is_valid.then(|| Self { text: text.into(), region_length: region.len() })
    }

    /// The id as AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the last `_`: the Region, for a pool of AWS.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.get(..self.region_length).unwrap_or_default()
    }

    /// The partition, or `None` where [`region`](Self::region) is no Region of a partition known here.
    #[must_use]
    pub fn partition(&self) -> Option<Partition> {
        Partition::of(self.region())
    }

    /// The `iss` of the pool's tokens, or `None` where the partition is unknown and the issuer must be given.
    #[must_use]
    pub fn issuer(&self, form: IssuerForm) -> Option<String> {
        let suffix = self.partition()?.suffix();
        let host = match form {
            IssuerForm::Original => "cognito-idp",
            IssuerForm::Updated => "issuer-cognito-idp",
        };
        Some(format!("https://{host}.{}.{suffix}/{}", self.region(), self.text))
    }

    /// The original issuer with another Region of the same partition, or `None` if it is not one.
    pub(crate) fn issuer_in(&self, region: &str) -> Option<String> {
        let partition = Partition::of(region).filter(|partition| Some(*partition) == self.partition())?;
        Some(format!("https://cognito-idp.{region}.{}/{}", partition.suffix(), self.text))
    }

    /// Where the pool publishes its keys, or `None` as for [`issuer`](Self::issuer).
    #[must_use]
    pub fn jwks_url(&self, form: IssuerForm) -> Option<String> {
        self.issuer(form).map(|issuer| jwks_url(&issuer))
    }
}

/// `{issuer}/.well-known/jwks.json`: "Verifying JSON web tokens", Amazon Cognito developer guide.
pub(crate) fn jwks_url(issuer: &str) -> String {
    format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))
}

impl PartialEq for UserPoolId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UserPoolId {}

impl Hash for UserPoolId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for UserPoolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserPoolId({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolError;

    #[test]
    fn ids_follow_the_syntax_of_aws() {
        for good in ["eu-west-1_Ab12Cd34E", "local_1a2b3c4d", "us-gov-west-1_x", "a_b_9", "eu_1"] {
            assert_eq!(good.parse::<UserPoolId>().unwrap().as_str(), good);
        }
        let long = format!("eu-west-1_{}", "a".repeat(46));
        for bad in [
            "",
            "_",
            "eu-west-1",
            "eu-west-1_",
            "_abc",
            "eu-west-1_a-b",
            "eu west_a",
            "eu-west-1_ä",
            "é_a",
            "a/b_c",
            &long,
        ] {
            assert_eq!(bad.parse::<UserPoolId>(), Err(PoolError::Id { id: bad.into() }));
        }
        assert!(long.get(..55).unwrap().parse::<UserPoolId>().is_ok());
    }

    #[test]
    fn ids_are_the_same_if_their_texts_are() {
        let [one, same, other]: [UserPoolId; 3] =
            ["eu-west-1_a", "eu-west-1_a", "eu-west-1_A"].map(|id| id.parse().unwrap());
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert_eq!(std::collections::HashSet::from([one, same, other]).len(), 2);
    }

    #[test]
    fn each_partition_has_its_issuer() {
        for (id, partition, original, updated) in [
            (
                "ap-south-1_abcdefghi",
                Partition::Aws,
                "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
                "https://issuer-cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
            ),
            (
                "us-gov-west-1_a",
                Partition::AwsUsGov,
                "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_a",
                "https://issuer-cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_a",
            ),
            (
                "cn-north-1_a",
                Partition::AwsCn,
                "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a",
                "https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a",
            ),
            (
                "eusc-de-east-1_a",
                Partition::AwsEusc,
                "https://cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a",
                "https://issuer-cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_a",
            ),
        ] {
            let text = id;
            let id: UserPoolId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.partition(), Some(partition), "{id}");
            assert_eq!(id.issuer(IssuerForm::Original).unwrap(), original);
            assert_eq!(id.issuer(IssuerForm::Updated).unwrap(), updated);
            assert_eq!(
                id.jwks_url(IssuerForm::Original).unwrap(),
                format!("{original}/.well-known/jwks.json")
            );
        }
    }
}
