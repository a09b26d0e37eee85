//! One token and what the layer decided about it.

use cognito_authorizer::{
    Refusal,
    explain::{Check, Explanation, Step, StepName, StepOutcome},
};
use cognito_verify::{Rejected, TokenUse, Verifier};

use crate::{
    error::CommandError,
    exit::Exit,
    explain::{
        keys::{self, KeysFrom},
        pasted::Pasted,
        recognised::Recognised,
        service::CheckedService,
        unverified::Unverified,
    },
    secret::Secret,
};

/// Everything that is known about the token.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) service: CheckedService,
    pub(super) pasted: Pasted,
    pub(super) unverified: Unverified,
    /// What it is instead of a token of the user pool, if it is recognised.
    pub(super) recognised: Option<Recognised>,
    /// How the layer decided; `None` if no request can carry what was pasted.
    pub(super) explanation: Option<Explanation>,
    /// The keys that were used; `None` if the token did not get as far as its key.
    pub(super) keys: Option<UsedKeys>,
    pub(super) decision: CaseDecision,
}

/// Where the keys came from, and how many each pool has.
#[derive(Debug)]
pub(super) struct UsedKeys {
    pub(super) source: KeysFrom,
    pub(super) counts: Vec<(String, usize)>,
}

/// What was decided about the token.
#[derive(Debug)]
pub(super) enum CaseDecision {
    /// The token is accepted.
    Accepted(Option<TokenUse>),
    /// The token is well-formed, and there is no user pool to check it against.
    NoPool,
    /// No request can carry what was pasted.
    Unsendable,
    /// The layer refuses the request.
    Refused(Box<Refusal>),
}

impl Case {
    /// Asks the layer. Keys are fetched only for a token that gets as far as its key, and that names an issuer of the pool: the
    /// layer would not ask another pool either.
    pub(super) async fn explain(
        service: CheckedService,
        pasted: Pasted,
        source: KeysFrom,
    ) -> Result<Self, CommandError> {
        let token = pasted.token.as_ref().map(Secret::reveal).unwrap_or_default();
        let unverified = Unverified::read(token, Verifier::DEFAULT_TOKEN_LIMIT);
        let recognised = Recognised::of(token, &unverified, |issuer| service.may_trust(issuer));
        // Without a pool, every issuer is another one, and only a well-known one is worth a word.
        let recognised = recognised.filter(|recognised| service.has_pools() || !recognised.is_unknown());
        let mut case = Self {
            service,
            pasted,
            unverified,
            recognised,
            explanation: None,
            keys: None,
            decision: CaseDecision::Unsendable,
        };
        let Some(request) = case.service.request(&case.pasted) else { return Ok(case) };
        let without_keys = keys::layer_without(&case.service)?.authorizer().explain(&request).await;
        let is_decided = without_keys.failed().is_some_and(|step| step.name() < StepName::Token(Check::Key));
        let is_foreign = case.unverified.text("iss").is_some_and(|issuer| !case.service.may_trust(issuer))
            && matches!(source, KeysFrom::Fetched { .. });
        case.explanation = Some(if is_decided || is_foreign || !case.service.has_pools() {
            without_keys
        } else {
            let authorizer = source.layer(&case.service).await?.authorizer();
            let explanation = authorizer.explain(&request).await;
            let counts = authorizer.status().pools;
            let counts =
                counts.into_iter().map(|status| (status.pool.to_string(), status.key_ids.len())).collect();
            case.keys = Some(UsedKeys { source, counts });
            explanation
        });
        case.decision = case.decide();
        if case.is_signed() {
            // The pool's key signed it, whatever it says of itself.
            case.recognised = None;
        }
        Ok(case)
    }

    fn decide(&self) -> CaseDecision {
        let Some(explanation) = &self.explanation else { return CaseDecision::Unsendable };
        match explanation.outcome() {
            Ok(authorized) => {
                CaseDecision::Accepted(authorized.verified().map(|verified| verified.token_use()))
            }
            Err(refused) => match refused.refusal() {
                Refusal::Rejected(Rejected::UnknownKey) if !self.service.has_pools() => CaseDecision::NoPool,
                refusal => CaseDecision::Refused(Box::new(refusal.clone())),
            },
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self.decision {
            CaseDecision::Accepted(_) => Exit::Good,
            CaseDecision::NoPool => Exit::Usage,
            CaseDecision::Unsendable | CaseDecision::Refused(_) => Exit::Refused,
        }
    }

    /// Whether the signature was verified, so that the claims are those that the user pool signed.
    pub(super) fn is_signed(&self) -> bool {
        self.explanation.as_ref().is_some_and(Explanation::is_signed)
    }

    /// Whether the key was not looked up, because the token names another issuer.
    pub(super) fn is_foreign(&self) -> bool {
        self.service.has_pools() && self.keys.is_none() && self.failed() == Some(StepName::Token(Check::Key))
    }

    /// The step that failed.
    pub(super) fn failed(&self) -> Option<StepName> {
        let Some(explanation) = &self.explanation else { return Some(StepName::IdentitySource) };
        explanation.steps().iter().find(|step| step.outcome() == StepOutcome::Failed).map(Step::name)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use cognito_authorizer::KeySet;
    use cognito_local_pool::LocalPool;

    use super::*;
    use crate::{
        clock::system_time,
        explain::{
            options::Explain,
            pasted::{Pasted, Wanted},
            step,
        },
    };

    #[derive(Parser)]
    struct TestCommand {
        #[command(flatten)]
        options: Explain,
    }

    #[tokio::test]
    async fn of_several_pools_the_one_that_signed_counts() {
        let pool = |id: &str, kid: &str| LocalPool::builder(id).key_id(kid).build().unwrap();
        let pools = [pool("eu-west-1_One", "one"), pool("eu-west-1_Two", "two")];
        let set = |pool: &LocalPool| KeySet::from_json(pool.jwks().as_bytes()).unwrap();
        let keys = pools.iter().map(|pool| (pool.id().to_owned(), set(pool)));
        let keys = KeysFrom::Given(keys.collect());
        let command = ["explain", "--pool", pools[0].id(), "--pool", pools[1].id(), "--any-client"];
        for pool in &pools {
            let options = TestCommand::parse_from(command).options;
            let service = CheckedService::of_options(&options, system_time()).unwrap();
            let pasted = Pasted::on_page(&pool.access_token("ada").sign(), Wanted::Access).unwrap();
            let case = Case::explain(service, pasted, keys.clone()).await.unwrap();
            assert!(
                matches!(case.decision, CaseDecision::Accepted(Some(TokenUse::Access))),
                "{:?}",
                case.decision
            );
            let steps = step::steps(&case);
            let key = steps.iter().find(|step| step.code == "key").unwrap();
            assert!(key.fact.starts_with(&format!("published by {} (1 key", pool.id())), "{}", key.fact);
        }
    }
}
