//! Edits that shall not overwrite somebody else's: the revision that was read comes back in `If-Match`.

use axum::http::{HeaderMap, header};

/// The revision that `If-Match` names (RFC 9110, 13.1.1). `None` where it is absent or `*`: any will do. What is no
/// tag of ours is 0, which no revision is.
pub fn if_match(headers: &HeaderMap) -> Option<i64> {
    let tag = headers.get(header::IF_MATCH)?.to_str();
    let tag = tag.unwrap_or_default().trim();
    let number = |t: &str| t.strip_prefix('"')?.strip_suffix('"')?.parse::<i64>().ok();
    (tag != "*").then(|| number(tag).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_revision() {
        let with = |tag: &str| {
            if_match(&HeaderMap::from_iter([(
                header::IF_MATCH,
                tag.parse().unwrap(),
            )]))
        };
        assert_eq!(if_match(&HeaderMap::new()), None);
        assert_eq!((with("*"), with("\"7\"")), (None, Some(7)));
        assert_eq!(
            (with("7"), with("W/\"7\""), with("\"x\"")),
            (Some(0), Some(0), Some(0)),
            "no revision is 0"
        );
    }
}
