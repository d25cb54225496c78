//! How long to wait before the next try: twice as long each time up to a limit, and never quite as long as the others
//! who wait (exponential backoff with jitter).

use super::secrets;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The pause after so many failed tries, between half and all of its length. `tries` counts from 1.
pub fn pause(tries: u32) -> Duration {
    let whole = FIRST
        .saturating_mul(2u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST);
    let part = u32::from(secrets::random()[0]);
    whole / 2 + whole / 2 * part / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_waits_longer_than_the_last_but_one_and_none_for_ever() {
        for tries in 1..60 {
            let (now, later) = (pause(tries), pause(tries + 2));
            assert!(now >= FIRST / 2 && later <= LONGEST);
            assert!(later >= now || later >= LONGEST / 2, "{now:?} {later:?}");
        }
        let waits: std::collections::HashSet<_> = (0..50).map(|_| pause(8)).collect();
        assert!(waits.len() > 5, "all wait equally long");
    }
}
