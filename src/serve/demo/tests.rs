//! The threads of the demo, as they are written down.

use super::threads::read_threads;
use crate::model::time::now;

#[test]
fn the_threads_can_be_told() {
    let threads = read_threads(now()).unwrap();
    assert!((24..=40).contains(&threads.len()), "{}", threads.len());
    let customers: std::collections::HashSet<_> = threads.iter().map(|t| &t.customer).collect();
    assert!(customers.len() >= 12);
    for status in ["waiting", "active", "snoozed", "closed"] {
        assert!(
            threads.iter().any(|t| t.status == status),
            "nobody is {status}"
        );
    }
    for thread in &threads {
        let open = threads
            .iter()
            .filter(|t| t.customer == thread.customer && t.status != "closed")
            .count();
        assert!(open <= 1, "{} has {open} open ones", thread.customer);
        assert!(
            !thread.lines.is_empty() && thread.lines[0].by.is_none(),
            "{} writes first",
            thread.customer
        );
        assert_eq!(
            thread.status == "waiting",
            thread.lines.iter().all(|l| l.by.is_none() || l.note),
            "{}",
            thread.customer
        );
    }
}
