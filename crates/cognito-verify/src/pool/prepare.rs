//! Checks the settings of a user pool.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    UserPool,
    checked::Pool,
    clients::Clients,
    error::PoolError,
    url::{KeysUrl, check_issuer, check_keys_url, has_space, is_host, without_secrets},
};
use crate::pool_id::{IssuerForm, UserPoolId, jwks_url};

/// From the least that is more than nothing to the longest lifetime of a Cognito token ("Quotas in Amazon Cognito").
const TOKEN_AGES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

impl UserPool {
    /// Parses and checks the settings. Returns all problems that can be found at once.
    pub(crate) fn prepare(self) -> Result<Pool, Vec<PoolError>> {
        let id: UserPoolId = self.id.parse().map_err(|error| vec![error])?;
        let mut problems = Vec::new();
        for setting in repeated(&self.given) {
            problems.push(PoolError::Repeated { id: id.clone(), setting });
        }
        let http_host = self.http_host.as_deref();
        if let Some(host) = http_host.filter(|host| !is_host(host)) {
            problems.push(PoolError::HttpHost { id: id.clone(), host: without_secrets(host).to_owned() });
        }
        let mut check = |result: Result<_, PoolError>| result.map_err(|problem| problems.push(problem)).ok();
        let of_aws = |form| id.issuer(form).ok_or_else(|| PoolError::UnknownRegion { id: id.clone() });
        let has_original_form =
            self.issuer.is_none() && (self.forms.is_empty() || self.forms.contains(&IssuerForm::Original));
        let (mut forms, mut issuers) = (self.forms.into_iter(), Vec::new());
        let first = match (self.issuer, forms.next()) {
            (Some(_), Some(_)) => Err(PoolError::IssuerAndForm { id: id.clone() }),
            (Some(issuer), None) => check_issuer(&id, issuer),
            (None, first) => of_aws(first.unwrap_or_default()),
        };
        issuers.extend(check(first));
        // If the first one has a problem, the others have the same.
        if !issuers.is_empty() {
            issuers.extend(forms.filter_map(|form| check(of_aws(form))));
            for region in &self.replica_regions {
                let replica = replica_issuer(&id, region, has_original_form, &issuers);
                issuers.extend(check(replica));
            }
        }
        let mut check = |result: Result<_, PoolError>| result.map_err(|problem| problems.push(problem)).ok();
        let keys_at = match (&self.jwks_url, issuers.first()) {
            (Some(url), _) => {
                check(check_keys_url(&id, "jwks_url", url, url.clone(), http_host).and_then(KeysUrl::checked))
            }
            // Whether anything will be fetched from below the issuer is not known here.
            (None, Some(issuer)) => check(check_keys_url(&id, "issuer", issuer, jwks_url(issuer), http_host)),
            (None, None) => None,
        };
        let clients = match (self.any_client, self.clients.is_empty() && self.client_rules.is_empty()) {
            (true, true) => Ok(Clients::Any),
            (false, false) => {
                let listed = self.clients.iter().map(|client| (**client).into()).collect();
                Ok(Clients::Some { listed, rules: self.client_rules })
            }
            (true, false) => Err(PoolError::ClientsAndAny { id: id.clone() }),
            (false, true) => Err(PoolError::NoClient { id: id.clone() }),
        };
        let clients = clients.map_err(|problem| problems.push(problem)).ok();
        for client in self.clients.into_iter().filter(|client| !is_one_word(client)) {
            problems.push(PoolError::Client { id: id.clone(), client });
        }
        for resource in self.resources.iter().filter(|resource| !is_one_word(resource)) {
            problems.push(PoolError::Resource { id: id.clone(), resource: resource.clone() });
        }
        for audience in self.audiences.iter().filter(|audience| !is_one_word(audience)) {
            problems.push(PoolError::Audience { id: id.clone(), audience: audience.clone() });
        }
        let resources = [self.resources, self.audiences].concat();
        if self.accepts_missing_audience && resources.is_empty() {
            problems.push(PoolError::NoAudience { id: id.clone() });
        }
        if let Some(given) = self.max_token_age.filter(|age| !TOKEN_AGES.contains(age)) {
            problems.push(PoolError::MaxTokenAge { id: id.clone(), given });
        }
        match (keys_at, clients) {
            (Some(keys_at), Some(clients)) if problems.is_empty() && !issuers.is_empty() => Ok(Pool {
                id,
                issuer: issuers.remove(0),
                more_issuers: issuers,
                keys_at,
                clients,
                resources,
                accepts_missing_audience: self.accepts_missing_audience,
                max_token_age: self.max_token_age,
            }),
            _ => Err(problems),
        }
    }
}

/// The original issuer of the pool with the Region of a replica. The issuers so far are `issuers`.
fn replica_issuer(
    id: &UserPoolId,
    region: &str,
    has_original_form: bool,
    issuers: &[String],
) -> Result<String, PoolError> {
    let error = |problem| {
        let region = region.to_owned();
        Err(PoolError::ReplicaRegion { id: id.clone(), region, problem })
    };
    if !has_original_form {
        return error(
            "needs the original issuer form, because the other issuers do not depend on the Region",
        );
    }
    match id.issuer_in(region) {
        None => error("is not a Region of the pool's partition"),
        Some(issuer) if issuers.contains(&issuer) => error("is the pool's own Region, or is given twice"),
        Some(issuer) => Ok(issuer),
    }
}

/// Each name that occurs more than once.
fn repeated(settings: &[&'static str]) -> Vec<&'static str> {
    let mut repeated = Vec::new();
    for (index, setting) in settings.iter().enumerate() {
        if settings.iter().take(index).any(|earlier| earlier == setting) && !repeated.contains(setting) {
            repeated.push(*setting);
        }
    }
    repeated
}

/// Whether the text can equal a claim of a token. Settings often come from files and variables, with a line break
/// at their end.
fn is_one_word(text: &str) -> bool {
    !text.is_empty() && !has_space(text)
}
