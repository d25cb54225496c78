//! The words: what a conversation, a message, an event *is*, and who may do what.
//! Plain data for both sides; no I/O, and nothing of ours is imported from another floor.

/// A closed set of words: an enum with one stable spelling in JSON, in the database and in forms.
macro_rules! words {
    ($($(#[$doc:meta])* pub enum $name:ident { $($(#[$mark:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$mark])* #[serde(rename = $word)] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            pub fn word(self) -> &'static str { match self { $($name::$variant => $word),* } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.word()) }
        }
        impl std::str::FromStr for $name {
            type Err = crate::model::error::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($word => Ok($name::$variant),)*
                    _ => Err(crate::model::error::Error::field(
                        &stringify!($name).to_ascii_lowercase(),
                        crate::model::refusal::Refusal::one_of([$($word),*].join(" ")),
                    )),
                }
            }
        }
    )*};
}
pub(crate) use words;

pub mod actor;
#[cfg(not(feature = "hydrate"))]
pub mod address;
#[cfg(feature = "hydrate")]
#[path = "address_browser.rs"]
pub mod address;
pub mod agent;
pub mod audit;
pub mod color;
pub mod contact;
pub mod conversation;
pub mod cursor;
pub mod domain;
pub mod error;
pub mod event;
pub mod frame;
pub mod id;
pub mod inbox;
pub mod letters;
pub mod limits;
pub mod link;
pub mod message;
#[cfg(not(feature = "hydrate"))]
pub mod nfc;
#[cfg(feature = "hydrate")]
#[path = "nfc_browser.rs"]
pub mod nfc;
pub mod overview;
pub mod refusal;
pub mod sight;
#[cfg(test)]
pub mod steps;
#[cfg(not(test))]
#[path = "steps_absent.rs"]
pub mod steps;
pub mod text;
pub mod thread;
pub mod time;
pub mod widget;
pub mod wire;
pub mod workspace;
