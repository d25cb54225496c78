//! Names that look the same, however they are written: a colleague whose name looks like another's may be nobody
//! they know (Unicode Technical Standard 39, 4, "Confusable Detection").

use std::collections::HashMap;
use unicode_security::confusable_detection::skeleton;

/// What two names have in common that look the same: as they are, or but for large and small letters.
fn looks(name: &str) -> [String; 2] {
    let bare = |name: &str| skeleton(name).filter(|c| !c.is_whitespace()).collect();
    [bare(name), bare(&name.to_lowercase())]
}

/// For each name the first other one that looks like it, by its place.
pub fn alike(names: &[&str]) -> Vec<Option<usize>> {
    let all: Vec<[String; 2]> = names.iter().map(|name| looks(name)).collect();
    let mut alike = vec![None; names.len()];
    for kind in 0..2 {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, looks) in all.iter().enumerate() {
            places.entry(&looks[kind]).or_default().push(at);
        }
        for same in places.values().filter(|same| same.len() > 1) {
            alike[same[0]].get_or_insert(same[1]);
            for at in &same[1..] {
                alike[*at].get_or_insert(same[0]);
            }
        }
    }
    alike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_found() {
        for (one, other) in [
            ("Sam Ortiz", "Sаm Ortiz"), // а is Cyrillic
            ("Sam Ortiz", "sam ortiz"),
            ("Sam Ortiz", "SamOrtiz"),
            ("Iris Lund", "lris Lund"),
            ("Moritz", "rnoritz"),
            ("O’Brien", "O'Brien"),
            ("Zoë", "Zoe\u{308}"),
            ("Ada", "Аdа"), // А and а are Cyrillic
            ("Bob 0", "Bob O"),
            ("Sam", "Sam"),
        ] {
            assert_eq!(
                alike(&["Kim", one, other]),
                [None, Some(2), Some(1)],
                "{one} and {other}"
            );
        }
        for (one, other) in [
            ("Sam", "Samuel"),
            ("Zoë", "Zoe"),
            ("Ana", "Anna"),
            ("李", "林"),
        ] {
            assert_eq!(alike(&[one, other]), [None, None], "{one} and {other}");
        }
        assert_eq!(
            alike(&["Sam", "Kim", "Sаm", "sam"]),
            [Some(2), None, Some(0), Some(0)]
        );
    }
}
