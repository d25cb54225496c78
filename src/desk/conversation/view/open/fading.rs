//! What is over if it is not heard again: who stops without saying so (the network, a closed page) is forgotten.

use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;

/// How often each was heard.
#[derive(Clone, Copy)]
pub struct Fading(StoredValue<Vec<(Uuid, u32)>>);

impl Default for Fading {
    fn default() -> Fading {
        Fading(StoredValue::new(vec![]))
    }
}

impl Fading {
    /// Somebody was heard: `forget` them, unless they are heard again within so long.
    pub fn heard(self, who: Uuid, lasts: Duration, forget: impl FnOnce() + 'static) {
        let times =
            self.0.try_update_value(
                |all| match all.iter_mut().find(|(known, _)| *known == who) {
                    Some((_, times)) => {
                        *times += 1;
                        *times
                    }
                    None => {
                        all.push((who, 0));
                        0
                    }
                },
            );
        set_timeout(
            move || {
                let last = self
                    .0
                    .try_with_value(|all| all.iter().any(|(w, n)| *w == who && Some(*n) == times));
                if last == Some(true) {
                    forget();
                }
            },
            lasts,
        );
    }
}
