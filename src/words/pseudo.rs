//! A language that nobody speaks, for tests: English with accents on its letters, two fifths longer and in brackets. What
//! is read without brackets did not come from the catalogue; what is cut off would be in a longer language.

use super::Text;

/// As BCP 47 has it for this purpose (CLDR, "pseudolocales").
pub const LANGUAGE: &str = "en-XA";

pub fn table(english: &[Text]) -> Vec<Text> {
    english.iter().map(|text| one(*text)).collect()
}

fn one(text: Text) -> Text {
    match text {
        Text::Plain(text) => Text::Plain(said(text).leak()),
        Text::Plural(forms) => {
            let forms: Vec<_> = forms
                .iter()
                .map(|(c, text)| (*c, &*said(text).leak()))
                .collect();
            Text::Plural(forms.leak())
        }
    }
}

/// Arguments and slots stay as they are.
pub fn said(text: &str) -> String {
    let mut longer = String::from("[");
    let (mut letters, mut within) = (0, false);
    for c in text.chars() {
        match c {
            '{' | '<' => within = true,
            '}' | '>' => within = false,
            _ if within => {}
            _ => {
                letters += 1;
                longer.push(accented(c));
                continue;
            }
        }
        longer.push(c);
    }
    for more in 0..(letters * 2usize).div_ceil(5) {
        longer.push(if more % 6 == 0 { ' ' } else { 'ẋ' });
    }
    longer.push(']');
    longer
}

fn accented(c: char) -> char {
    const PLAIN: &str = "aceginorsuyzACEGINORSUYZ";
    const ACCENTED: &str = "áçéĝíñóŕšúýžÁÇÉĜÍÑÓŔŠÚÝŽ";
    let at = PLAIN.chars().position(|p| p == c);
    at.and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(c)
}
