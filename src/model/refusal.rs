//! Why something was refused: a key out of a closed set, and its arguments. Programs read it in English, people in
//! their language; both sentences stand in the catalogue (`src/locales/{language}/refusal.json`) under the key.

use crate::{tr, words};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// On the wire the key, and each argument's name and value in turn: `["too_long", "most", "10", "n", "12"]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Cow<'static, str>>", into = "Vec<Cow<'static, str>>")]
pub struct Refusal {
    key: Cow<'static, str>,
    args: Vec<Cow<'static, str>>,
}

impl From<Vec<Cow<'static, str>>> for Refusal {
    fn from(mut all: Vec<Cow<'static, str>>) -> Refusal {
        let args = all.split_off(all.len().min(1));
        Refusal {
            key: all.pop().unwrap_or_default(),
            args,
        }
    }
}

impl From<Refusal> for Vec<Cow<'static, str>> {
    fn from(refusal: Refusal) -> Self {
        let mut all = refusal.args;
        all.insert(0, refusal.key);
        all
    }
}

/// Each becomes a function of the same name, which is the only way to make it.
macro_rules! refusals {
    ($($key:ident($($arg:ident),*);)+) => {
        impl Refusal {
            $(
                pub fn $key($($arg: impl fmt::Display),*) -> Refusal {
                    Refusal {
                        key: Cow::Borrowed(stringify!($key)),
                        args: vec![$(Cow::Borrowed(stringify!($arg)), Cow::Owned($arg.to_string())),*],
                    }
                }
            )+
        }

        /// Each key with the names of its arguments.
        #[cfg(test)]
        pub const ALL: &[(&str, &[&str])] = &[$((stringify!($key), &[$(stringify!($arg)),*])),+];
    };
}

refusals! {
    // Of every door.
    unauthorized();
    forbidden();
    not_found();
    too_slow();
    too_large(limit);
    unsupported_media_type();
    invalid();
    client_id_reused();
    rate_limited(n);
    malformed();
    unavailable();
    offline();
    lost_race();
    changed_meanwhile();
    panicked();
    log_trimmed();

    // Of what was typed.
    empty();
    nul();
    one_line();
    one_line_of_bytes(most);
    too_long(most, n);
    too_many_bytes(most);
    hidden_letter();
    not_an_email();
    not_an_http_address();
    password_too_short(least);
    password_too_long(most);
    one_of(words);
    number_between(least, most);
    not_a_cursor();
    from_another_list();
    before_or_after();
    not_accepted();
    unknown_field();
    yours_to_leave();
    // What serde said, for programs.
    unreadable(said);

    // Of people and the workspace.
    account_invited();
    account_on_the_team();
    account_suspended();
    address_in_use();
    address_of_colleague();
    address_of_customer();
    last_admin();
    not_your_password();
    password_changed();
    settings_changed();
    host_of_another();
    host_of_every_machine();
    host_of_installation();
    not_a_host();
    not_a_time_zone();

    // Of conversations.
    already_yours(name);
    colleague_has_it();
    other_open();
    contact_writes_here();
    from_open();
    from_snoozed();
    from_closed();
    no_agent();
    no_team();
    agent_in_another_team();
    choose_a_time();
    not_within_a_year();
    which_widget();
    contact_wanted();
    no_widget_yet();
    try_again();

    // Of widgets.
    no_widget();
    not_a_color();
    not_a_domain(typed);
    too_many_domains(most);
    domain_of_everybody(host);
    delay_seconds();
    delay_too_long();
    customers_not_own();
    customers_shared(names);
    customers_shared_by_others();
    widget_of_home();
    widget_has_threads();
    widget_needs_name();
    widget_needs_domains();
    name_mistyped();
    visitor_id_empty();
    signature_mismatch();
    customers_of_the_site();
    name_first();
    email_first();
}

impl Refusal {
    /// As its reader says it. What a module has no words for cannot happen to its readers; should it, it is not valid.
    pub fn sentence(&self) -> String {
        words::refusal(&self.key, &self.values()).unwrap_or_else(|| tr!(refusal.invalid).to_owned())
    }

    fn values(&self) -> Vec<(&str, &dyn fmt::Display)> {
        let pairs = self.args.chunks_exact(2);
        pairs
            .map(|pair| (&*pair[0], &pair[1] as &dyn fmt::Display))
            .collect()
    }
}

/// For programs and logs.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words::refusal_for_programs(&self.key, &self.values()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_sentence_and_every_sentence_its_refusal() {
        let refusal = |key: &&'static str| {
            let (part, name) = key.split_once('.')?;
            part.starts_with("refusal").then_some(name)
        };
        let mut in_catalogue: Vec<_> = words::KEYS.iter().filter_map(refusal).collect();
        in_catalogue.sort_unstable();
        let mut made: Vec<_> = ALL.iter().map(|(key, _)| *key).collect();
        made.sort_unstable();
        assert_eq!(made, in_catalogue);
        for (key, args) in ALL {
            let args = args
                .iter()
                .flat_map(|name| [Cow::Borrowed(*name), Cow::Owned(format!("‹{name}›"))])
                .collect();
            let said = Refusal {
                key: Cow::Borrowed(key),
                args,
            }
            .to_string();
            assert!(!said.is_empty() && !said.contains('{'), "{key}: {said}");
            let (_, args) = ALL.iter().find(|(k, _)| k == key).unwrap();
            let shown = args.iter().all(|name| said.contains(&format!("‹{name}›")));
            assert!(shown, "{key}: {said}");
        }
    }
}
