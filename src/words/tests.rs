use super::*;
use crate::tr;

#[test]
fn a_sentence_is_filled_once() {
    let values: Values = &[("a", &"{b}"), ("b", &2)];
    assert_eq!(
        fill("{a} and {b}, { c } and {d}.", values),
        "{b} and 2, { c } and {d}."
    );
}

#[test]
fn a_number_chooses_its_form() {
    assert_eq!(tr!(thread.new_messages, n = 1), "1 new message");
    assert_eq!(tr!(thread.new_messages, n = 0), "0 new messages");
    assert_eq!(tr!(thread.new_messages, n = 21), "21 new messages");
    let words = |language| [0, 1, 2, 3, 11, 100].map(|n| side::category(language, &n.to_string()));
    assert_eq!(words("ar"), ["zero", "one", "two", "few", "many", "other"]);
    assert_eq!(words("nobody's"), ["other"; 6]);
}

#[test]
fn a_slot_is_cut_out_before_a_value_can_look_like_one() {
    let sentence = tr!(event.joined, name = "<b>Eve</b>");
    assert_eq!(sentence.inside, "<b>Eve</b>");
    assert_eq!(sentence.plain(), "<b>Eve</b> took the conversation.");
}

#[test]
fn the_pseudo_locale_keeps_arguments_and_slots() {
    assert_eq!(
        pseudo::said("<b>{name}</b> joined."),
        "[<b>{name}</b> jóíñéd. ẋẋẋ]"
    );
    let longer = pseudo::said("Nobody is online. Visitors can leave a message.");
    assert!(longer.chars().count() * 10 >= 47 * 14, "{longer}");
}

/// The first two say whose they are; the browser tests weigh them.
#[test]
fn each_module_has_its_words() {
    let of_cargo = crate::app::module::Module::ALL.map(|m| m.name());
    for module in of_cargo {
        let file = files().iter().find(|file| file.module == module);
        let file = file.expect("a module has words");
        let all: Vec<serde_json::Value> = serde_json::from_slice(&file.json).unwrap();
        assert_eq!(all[1], "en");
        assert!((50..KEYS.len()).contains(&(all.len() - 2)), "{module}");
        assert_eq!(file_name(module), file.name);
    }
    assert_eq!(files().len(), of_cargo.len());
}

#[test]
fn a_language_has_the_plural_forms_of_its_kind_and_no_other() {
    for (language, all) in LANGUAGES {
        let mut wanted: Vec<String> = (0..1000)
            .map(|n| side::category(language, &n.to_string()))
            .collect();
        wanted.sort();
        wanted.dedup();
        for (key, text) in KEYS.iter().zip(*all) {
            if let Text::Plural(forms) = text {
                let forms: Vec<_> = forms.iter().map(|(category, _)| *category).collect();
                assert_eq!(forms, wanted, "{language}: {key}");
            }
        }
    }
}
