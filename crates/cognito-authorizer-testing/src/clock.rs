//! The pool's clock as that of a layer.

use std::{fmt, pin::Pin, time::Duration};

use cognito_authorizer::{UnixTime, clock::Clock};
use cognito_local_pool::{Clock as PoolClock, LocalPool};

/// The time of a pool: a token that the pool signs now is valid now.
#[derive(Clone)]
pub(crate) struct PoolTime {
    clock: PoolClock,
}

impl PoolTime {
    pub(crate) fn of(pool: &LocalPool) -> Self {
        Self { clock: pool.clock() }
    }
}

impl Clock for PoolTime {
    fn now(&self) -> UnixTime {
        self.clock.now().into()
    }

    /// Uses the runtime's timers, because the pool's clock does not notify anyone when it is advanced.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

impl fmt::Debug for PoolTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PoolTime").field(&self.clock).finish()
    }
}
