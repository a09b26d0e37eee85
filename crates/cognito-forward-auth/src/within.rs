//! A time-out that costs nothing where there is nothing to wait for.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use tokio::time::{error::Elapsed, timeout};

/// What the future returns, unless it takes longer. A timer is made only if the future has to wait, which most checks do not.
pub(crate) async fn within<F: Future>(
    limit: Duration,
    mut future: Pin<&mut F>,
) -> Result<F::Output, Elapsed> {
    match poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        Poll::Ready(output) => Ok(output),
        // The box keeps the timer out of the future of every check.
        Poll::Pending => Box::pin(timeout(limit, future)).await,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        pin::pin,
    };

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_future_that_waits_is_ended_by_the_limit_and_no_other() {
        let (began, limit) = (Instant::now(), Duration::from_secs(1));
        assert_eq!(within(Duration::ZERO, pin!(ready(1))).await, Ok(1));
        assert_eq!(within(limit, pin!(sleep(limit / 2))).await, Ok(()));
        assert_eq!(began.elapsed(), limit / 2);
        assert!(within(limit, pin!(pending::<()>())).await.is_err());
        assert_eq!(began.elapsed(), limit / 2 + limit);
    }
}
