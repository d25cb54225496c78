//! Buttons, fields, dialogs, time, loading: no product words.

/// A sentence from the catalogue (`src/locales`), checked when compiled: `tr!(inbox.empty)`, or with
/// arguments `tr!(thread.typing, name = name)`.
#[macro_export]
macro_rules! tr {
    ($($all:tt)*) => { leptos_i18n::td_string!($crate::kit::locale(), $($all)*) };
}

/// The reader's language. One for now.
pub fn locale() -> crate::i18n::Locale {
    crate::i18n::Locale::en
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_catalogue_speaks() {
        assert_eq!(crate::tr!(common.try_again), "Try again");
    }
}
