//! The identity sources of a layer, of which a request may use one.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::{
    identity::{IdentityError, IdentitySource},
    request::RequestHead,
};

/// One source or several.
#[derive(Clone, Debug)]
pub(crate) struct IdentitySources(Vec<IdentitySource>);

impl IdentitySources {
    /// There is at least one, and no place occurs twice.
    pub(crate) fn new(sources: Vec<IdentitySource>) -> Self {
        Self(sources)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &IdentitySource> {
        self.0.iter()
    }

    /// The headers that have a token or a part of one.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &HeaderName> {
        self.iter().filter_map(IdentitySource::header_name)
    }

    /// Whether the request has something in one of the sources.
    pub(crate) fn is_presented(&self, request: RequestHead<'_>) -> bool {
        self.iter().any(|source| source.is_presented(request))
    }

    /// Hides the credentials of a request that goes on from logs and handlers, whether they were checked or not.
    pub(crate) fn hide(&self, headers: &mut HeaderMap) {
        self.iter().for_each(|source| source.hide(headers));
    }

    /// See [`IdentitySource::likely_token`]. `None` if another source may have a token, too.
    pub(crate) fn likely_token<'r>(&self, headers: &'r HeaderMap) -> Option<&'r [u8]> {
        let [source] = &*self.0 else { return None };
        source.likely_token(headers)
    }

    /// The token, and where it is. A request with credentials in several sources is refused, because nothing says which count:
    /// what an outer layer or a proxy has checked may be the other.
    pub(crate) fn token<'r>(
        &self,
        request: RequestHead<'r>,
        limit: usize,
    ) -> Result<(&IdentitySource, Cow<'r, [u8]>), IdentityError> {
        let mut found = None;
        for source in &self.0 {
            let token = match source.token(request, limit) {
                Err(IdentityError::Missing) => continue,
                token => token,
            };
            if found.replace((source, token)).is_some() {
                return Err(IdentityError::SeveralSources);
            }
        }
        let (source, token) = found.ok_or(IdentityError::Missing)?;
        Ok((source, token?))
    }
}
