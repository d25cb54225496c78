//! TestDesk: a desk in a temporary folder or a fresh PostgreSQL database, with people who act through the doors
//! that programs use. A story is told once and runs on both databases: see [`stories!`](crate::stories).

/// `stories! { a_visitor_never_sees_a_note, … }`: each is an `async fn(TestDesk)` beside it, and one test on each
/// database. A story that is not listed is dead code, so the compiler tells.
#[macro_export]
macro_rules! stories {
    ($($name:ident,)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_sqlite() {
                $crate::test::run_story($crate::test::Engine::Sqlite, super::$name).await
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_postgres() {
                $crate::test::run_story($crate::test::Engine::Postgres, super::$name).await
            }
        }
    )*};
}
mod desk;
mod ears;
mod engine;
mod person;

pub use desk::*;
pub use ears::*;
pub use engine::*;
pub use person::*;
use std::time::Duration;

/// Wait until something is so, at most a minute.
pub async fn soon<F: Future<Output = bool>>(what: &str, so: impl FnMut() -> F) {
    soon_within(Duration::from_secs(60), what, so).await;
}

/// The same where something else would make it so later.
pub async fn soon_within<F: Future<Output = bool>>(
    span: Duration,
    what: &str,
    mut so: impl FnMut() -> F,
) {
    let since = std::time::Instant::now();
    while !so().await {
        assert!(since.elapsed() < span, "not within {span:?}: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
