//! Statements: those that have a name, and those that are composed of parts and kept.

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, Mutex},
};
use uuid::Uuid;

/// Statements with a name each; a test prepares every one on both databases.
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)*
        /// Every statement above, for the test that prepares them on both databases.
        #[cfg(test)]
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use sql;

/// Every statement that was composed; they live as long as the program.
static COMPOSED: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Default::default);

/// A composed statement, kept so that the driver's cache of prepared statements finds it again. Use few shapes.
pub fn statement(sql: String) -> &'static str {
    let mut all = COMPOSED.lock().unwrap_or_else(|e| e.into_inner());
    match all.get(sql.as_str()) {
        Some(known) => known,
        None => {
            let kept: &'static str = Box::leak(sql.into_boxed_str());
            all.insert(kept);
            kept
        }
    }
}

/// What a statement is composed of, how its values are marked, and how many they are.
type Shape = ([&'static str; 3], Mark, usize);

/// The same for a statement that is composed only once for each shape.
pub(super) fn kept(shape: Shape, write: impl FnOnce() -> String) -> &'static str {
    type Kept = HashMap<Shape, &'static str>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Default::default);
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    kept.entry(shape).or_insert_with(|| statement(write()))
}

/// What has been composed so far.
#[cfg(test)]
pub fn composed() -> Vec<&'static str> {
    let all = COMPOSED.lock().unwrap_or_else(|e| e.into_inner());
    all.iter().copied().collect()
}

/// How the values of a composed statement are marked. To SQLite a number is a name: to bind one of many, all names are
/// searched.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mark {
    /// `$1, $2, …`
    Number,
    /// `?`, in the order in which they stand there.
    Order,
}

impl Mark {
    /// For `n` values from the `from`th on.
    pub(super) fn list(self, from: usize, n: usize) -> String {
        let mark = |i| match self {
            Mark::Number => format!("${i}"),
            Mark::Order => "?".to_owned(),
        };
        let places: Vec<String> = (from..from + n).map(mark).collect();
        places.join(", ")
    }

    /// A text that names `$1` to `$n`, each once and in this order, with these marks.
    pub(super) fn rewritten(self, text: &str, n: usize) -> String {
        let named: Vec<&str> = text.split('$').skip(1).collect();
        let told = |(i, rest): (usize, &&str)| {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse() == Ok(i + 1)
        };
        assert!(
            named.len() == n && named.iter().enumerate().all(told) && !text.contains('?'),
            "{n} values, in order: {text}"
        );
        match self {
            Mark::Number => text.to_owned(),
            Mark::Order => (1..=n).fold(text.to_owned(), |text, i| {
                text.replacen(&format!("${i}"), "?", 1)
            }),
        }
    }
}

/// These ids in lists of a few sizes, filled up with nil.
pub(super) fn lists(ids: &[Uuid]) -> impl Iterator<Item = Vec<Uuid>> + '_ {
    const MOST: usize = 256;
    ids.chunks(MOST).map(|chunk| {
        let size = [1, 8, 64]
            .into_iter()
            .find(|s| *s >= chunk.len())
            .unwrap_or(MOST);
        let mut list = chunk.to_vec();
        list.resize(size, Uuid::nil());
        list
    })
}

/// Split `n` rows into runs of these sizes only.
pub(super) fn runs(mut n: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let size = [64, 16, 4, 1].into_iter().find(|s| *s <= n)?;
        n -= size;
        Some(size)
    })
}
