//! The verdict on what was presented: the verifier's and the requirement's, and nobody else's.

use cognito_authorizer::Refusal;
use cognito_verify::{Check, Denied, KeyRing, Rejected, UnixTime, Verified, Verifier};

use crate::{
    error::CommandError,
    exit::Exit,
    explain::{
        expected::{Expected, Pools},
        keys::{self, PoolKeys},
        presented::{NoToken, Presented},
        stated::Stated,
        step::Step,
    },
    http::HttpClient,
};

/// All that is known of the token.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) at: UnixTime,
    pub(super) presented: Presented,
    pub(super) stated: Stated,
    /// The keys that were looked at; none where the token did not get so far.
    pub(super) keys: Vec<PoolKeys>,
    pub(super) verdict: Verdict,
}

/// What became of the token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// There is no one token.
    NoToken(NoToken),
    /// It is not a good token.
    Rejected(Rejected),
    /// It is well-formed, and there is no pool to check it against.
    NoPool,
    /// It is a good token, and not enough.
    Denied(Denied),
    /// It is a good token and has what is asked for, and the API's own rules refuse it all the same.
    Refused(Refusal),
    /// It is let in.
    Accepted(Box<Verified>),
}

impl Verdict {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Accepted(_) => Exit::Good,
            Self::NoToken(_) | Self::Rejected(_) | Self::Denied(_) | Self::Refused(_) => Exit::Refused,
            Self::NoPool => Exit::Usage,
        }
    }

    /// The step that failed or could not be made; all before it were passed. None if all were.
    pub(super) fn stopped_at(&self) -> Option<Step> {
        match self {
            Self::NoToken(_) => Some(Step::Source),
            Self::Rejected(rejected) => Some(Step::Check(rejected.check())),
            Self::NoPool => Some(Step::Check(Check::Key)),
            Self::Denied(_) | Self::Refused(_) => Some(Step::Requirement),
            Self::Accepted(_) => None,
        }
    }

    /// Whether the signature was found to hold, so that the claims are the pool's own words.
    pub(super) fn is_signed(&self) -> bool {
        self.stopped_at().is_none_or(|step| step > Step::Check(Check::Signature))
    }
}

/// Judges what was presented, as at this moment. Keys are fetched only for a token that has come so far.
pub(super) async fn judge(
    expected: &Expected,
    presented: Presented,
    http: HttpClient,
    at: UnixTime,
) -> Result<Case, CommandError> {
    let token = match &presented.token {
        Ok(token) => token.clone(),
        Err(problem) => {
            let verdict = Verdict::NoToken(*problem);
            return Ok(Case { at, presented, stated: Stated::default(), keys: Vec::new(), verdict });
        }
    };
    let token = token.reveal();
    let stated = Stated::read(token, Verifier::DEFAULT_TOKEN_LIMIT);
    let without_keys = expected.verifier.verify(token, &KeyRing::default(), at).err();
    let ill_formed = without_keys.filter(|rejected| rejected.check() < Check::Key);
    let (keys, verdict) = match (ill_formed, &expected.pools) {
        (Some(rejected), _) => (Vec::new(), Verdict::Rejected(rejected)),
        (None, Pools::None) => (Vec::new(), Verdict::NoPool),
        (None, Pools::Live | Pools::File(_) | Pools::Given(_)) => {
            let keys = keys::of_pools(expected, http).await?;
            let ring = KeyRing::new(keys.iter().map(|pool| Some(&pool.keys)));
            let verdict = match expected.verifier.verify(token, &ring, at) {
                Err(rejected) => Verdict::Rejected(rejected),
                Ok(verified) => match expected.requirement.check(&verified) {
                    Err(denied) => Verdict::Denied(denied),
                    Ok(()) => Verdict::Accepted(Box::new(verified)),
                },
            };
            (keys, verdict)
        }
    };
    Ok(Case { at, presented, stated, keys, verdict })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cognito_local_pool::LocalPool;
    use cognito_verify::{Accept, Requirement, UserPool};

    use super::*;
    use crate::{clock::system_time, explain::expected::Clients};

    #[tokio::test]
    async fn of_several_pools_the_one_that_signed_counts() {
        let one = LocalPool::builder("eu-west-1_One").key_id("one").build().unwrap();
        let two = LocalPool::builder("eu-west-1_Two").key_id("two").build().unwrap();
        let servers = [one.serve("127.0.0.1:0").await.unwrap(), two.serve("127.0.0.1:0").await.unwrap()];
        let pools = [&one, &two]
            .into_iter()
            .zip(&servers)
            .map(|(pool, server)| UserPool::new(pool.id()).any_client().jwks_url(server.jwks_url()));
        let expected = Expected {
            pools: Pools::Live,
            user_pools: Vec::new(),
            verifier: Verifier::new(pools).unwrap(),
            accept: Accept::Access,
            clients: Clients::Any,
            requirement: Requirement::nothing(),
            route: String::new(),
            profile: None,
            source: None,
            allowed_http: None,
            ruling: None,
        };
        for (pool, fact) in
            [(&one, "published by eu-west-1_One (1 key"), (&two, "published by eu-west-1_Two (1 key")]
        {
            let presented = Presented::given(&pool.access_token("ada").sign()).unwrap();
            let http = HttpClient::new(Duration::from_secs(5));
            let case = judge(&expected, presented, http, system_time()).await.unwrap();
            assert!(
                matches!(&case.verdict, Verdict::Accepted(verified) if verified.pool().as_str() == pool.id())
            );
            let told = Step::Check(Check::Key).fact(&expected, &case);
            assert!(told.starts_with(fact), "{told}");
        }
    }
}
