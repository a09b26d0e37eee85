//! The pools of a verifier, and which of them has an issuer.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use super::{Pool, PoolError, UserPool};

/// API Gateway's limit on the user pools of one authorizer.
const MAX_POOLS: usize = 1000;

/// The pools of a verifier.
#[derive(Clone, Debug)]
pub(crate) struct PoolSet {
    pub(crate) pools: Arc<[Arc<Pool>]>,
    /// Maps an issuer to the index of its pool.
    issuers: Arc<HashMap<Box<str>, usize>>,
}

impl PoolSet {
    /// Checks the settings of the pools. Pools with the same settings as one of `known` are shared with it.
    pub(crate) fn new(
        pools: impl IntoIterator<Item = UserPool>,
        known: &[Arc<Pool>],
    ) -> Result<Self, PoolError> {
        let known: HashMap<_, _> = known.iter().map(|pool| (pool.id(), pool)).collect();
        let (mut prepared, mut problems, mut given) = (Vec::<Arc<Pool>>::new(), Vec::new(), 0);
        for pool in pools {
            given += 1;
            // Further pools are counted, and not kept.
            if given > MAX_POOLS {
                continue;
            }
            match pool.prepare() {
                Ok(pool) => {
                    let same = known.get(pool.id()).filter(|known| ****known == pool);
                    let same = same.map(|known| Arc::clone(known));
                    prepared.push(same.unwrap_or_else(|| Arc::new(pool)));
                }
                Err(found) => problems.extend(found),
            }
        }
        if given == 0 || given > MAX_POOLS {
            problems.push(PoolError::Count { found: given });
        }
        let issuers = Self::issuers(&prepared, &mut problems);
        match PoolError::of_all(problems) {
            Some(error) => Err(error),
            None => Ok(Self { pools: prepared.into(), issuers: Arc::new(issuers) }),
        }
    }

    fn issuers(pools: &[Arc<Pool>], problems: &mut Vec<PoolError>) -> HashMap<Box<str>, usize> {
        let mut issuers = HashMap::<Box<str>, usize>::with_capacity(pools.len());
        let mut ids = HashSet::with_capacity(pools.len());
        for (index, pool) in pools.iter().enumerate() {
            if !ids.insert(pool.id()) {
                problems.push(PoolError::Twice { id: pool.id().clone() });
                continue;
            }
            for issuer in pool.issuers() {
                match issuers.entry(issuer.into()) {
                    Entry::Vacant(free) => _ = free.insert(index),
                    Entry::Occupied(taken) => {
                        let first = pools.get(*taken.get()).unwrap_or(pool).id().clone();
                        problems.push(PoolError::SharedIssuer { first, second: pool.id().clone() });
                    }
                }
            }
        }
        issuers
    }

    /// The index of the pool that has this issuer.
    pub(crate) fn by_issuer(&self, issuer: &str) -> Option<usize> {
        self.issuers.get(issuer).copied()
    }
}
