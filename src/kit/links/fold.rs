//! What of a text is seen at once. A browser draws a page of fifty long letters in a moment, but not a page of fifty
//! thousand changes of direction, line breaks, or joined signs. So a text is as long as it is heavy to draw, and of a
//! long one only the beginning is drawn until somebody wants the rest.

use super::Piece;
use crate::model::{letters::is_unseen, limits, steps::step};

/// What a line, a sign outside of the common plane, a change of script or of direction (or what joins signs), and a
/// link weigh, as letters.
const LINE: usize = 20;
const RARE: usize = 10;
const TURN: usize = 20;
const MARK: usize = 20;
/// So long may a word be without being heavier than its letters.
const WORD: usize = 30;
/// A longer word is offered to the browser in parts: what it does for a word grows faster than the word.
const UNBROKEN: usize = 500;

#[derive(Default)]
struct Weight {
    all: usize,
    /// Characters since the last blank space.
    word: usize,
    /// Of the last letter.
    script: u32,
}

/// The same for characters that stand in one run of text: not the script itself, but close.
fn script(c: char) -> u32 {
    match u32::from(c) {
        0..0x250 | 0x1e00..0x1f00 => 0,
        c @ 0x600..0x800 => c >> 8,
        0x2e80..0xd7b0 => 0x2e80,
        c => c >> 7,
    }
}

impl Weight {
    fn add(&mut self, c: char) {
        step();
        self.word += 1;
        self.all += match c {
            '\n' => {
                self.word = 0;
                LINE
            }
            // Blank space, and what stands between words in every script.
            '\u{a0}'
            | '\u{2010}'..='\u{2027}'
            | '\u{2030}'..='\u{205e}'
            | '\u{3000}'..='\u{3020}'
            | '\u{ff01}'..='\u{ff20}' => {
                self.word = 0;
                1
            }
            c if c == ' ' || c.is_ascii_punctuation() => {
                self.word = 0;
                1
            }
            '\u{10000}'.. => RARE,
            c if c.is_control() => RARE,
            c if is_unseen(c) => TURN,
            c => {
                let turned = std::mem::replace(&mut self.script, script(c)) != script(c);
                match (turned, self.word > WORD && !c.is_ascii()) {
                    (true, _) => TURN,
                    (false, true) => RARE,
                    (false, false) => 1,
                }
            }
        };
    }
}

/// What is seen at once, and the rest.
pub fn fold(mut pieces: Vec<Piece<'_>>) -> (Vec<Piece<'_>>, Vec<Piece<'_>>) {
    let (mut weight, mut cut) = (Weight::default(), None);
    for (n, piece) in pieces.iter().enumerate() {
        if !matches!(piece, Piece::Text(_)) {
            weight.all += MARK;
        }
        for (at, c) in piece.words().char_indices() {
            if weight.all >= limits::SEEN {
                cut.get_or_insert((n, at));
            }
            weight.add(c);
        }
    }
    let Some((n, at)) = cut.filter(|_| weight.all > limits::SEEN * 5 / 4) else {
        return (pieces, vec![]);
    };
    let mut rest = pieces.split_off(n).into_iter();
    let mut after = vec![];
    if let Some(piece) = rest.next() {
        let (here, there) = halves(piece, at);
        pieces.extend(here);
        after.extend(there);
    }
    after.extend(rest);
    (pieces, after.into_iter().flat_map(parts).collect())
}

fn made_like<'a>(piece: &Piece<'a>, words: &'a str) -> Piece<'a> {
    match piece {
        Piece::Code(_) => Piece::Code(words),
        Piece::Block(_) => Piece::Block(words),
        _ => Piece::Text(words),
    }
}

/// A piece up to about there, between two words if one ends near; a link is not cut.
fn halves(piece: Piece<'_>, at: usize) -> (Option<Piece<'_>>, Option<Piece<'_>>) {
    if matches!(piece, Piece::Link(_) | Piece::Gap) {
        return (None, Some(piece));
    }
    let words = piece.words();
    let at = words[..at]
        .char_indices()
        .rev()
        .take(100)
        .find(|(_, c)| c.is_whitespace())
        .map_or(at, |(space, c)| space + c.len_utf8());
    let half = |words| (!str::is_empty(words)).then(|| made_like(&piece, words));
    (half(&words[..at]), half(&words[at..]))
}

/// A piece as it is, or with places in its endless words where a line may end.
fn parts(piece: Piece<'_>) -> Vec<Piece<'_>> {
    let words = piece.words();
    let (mut parts, mut done, mut long) = (vec![], 0, 0);
    for (at, c) in words.char_indices() {
        step();
        long = if c.is_whitespace() { 0 } else { long + 1 };
        if long > UNBROKEN && !matches!(piece, Piece::Link(_)) {
            parts.extend([made_like(&piece, &words[done..at]), Piece::Gap]);
            (done, long) = (at, 1);
        }
    }
    parts.push(if done == 0 {
        piece
    } else {
        made_like(&piece, &words[done..])
    });
    parts
}

#[cfg(test)]
mod tests {
    use super::{super::pieces, *};
    use crate::model::steps::{HOSTILE, assert_linear, hostile};

    fn weight(words: &str) -> usize {
        let mut weight = Weight::default();
        words.chars().for_each(|c| weight.add(c));
        weight.all
    }

    #[test]
    fn folding_costs_no_more_than_the_text() {
        assert_linear(limits::MESSAGE, |text| _ = fold(pieces(text)));
    }

    #[test]
    fn nothing_is_lost_and_what_is_seen_is_light() {
        for case in HOSTILE {
            for length in [100, 1_000, limits::MESSAGE] {
                let text = hostile(*case, length);
                let words = |pieces: &[Piece]| pieces.iter().map(Piece::words).collect::<String>();
                let (seen, rest) = fold(pieces(&text));
                assert_eq!(
                    words(&seen) + &words(&rest),
                    words(&pieces(&text)),
                    "{case:?}"
                );
                let weight = weight(&words(&seen)) + MARK * seen.len() / 2;
                assert!(
                    weight <= limits::SEEN * 5 / 4 + MARK * 2,
                    "{case:?}: {weight}"
                );
                let endless = |p: &Piece| {
                    let unbroken = p
                        .words()
                        .split(char::is_whitespace)
                        .map(|w| w.chars().count());
                    unbroken.max().is_some_and(|most| most > UNBROKEN)
                };
                assert!(rest.len() < 200 && !rest.iter().any(endless), "{case:?}");
            }
        }
    }

    #[test]
    fn what_people_write_is_as_long_as_its_letters() {
        for text in [
            "Where is my parcel? It was sent on Monday, and it’s not here yet — “soon”, they said…",
            "Où est mon colis ? Il a été envoyé lundi, j’espère qu’il n’est pas égaré à Orléans.",
            "Đơn hàng của tôi ở đâu? Tôi đã đặt hàng từ tuần trước nhưng chưa nhận được.",
            "Где моя посылка? Её отправили в понедельник, но она всё ещё не пришла.",
            "أين طردي؟ لقد أُرسل يوم الاثنين ولم يصل بعد، من فضلكم أخبروني.",
            "سفارش من کجاست؟ گفتید دوشنبه می‌رسد ولی هنوز نرسیده است.",
            "איפה החבילה שלי? היא נשלחה ביום שני ועדיין לא הגיעה.",
            "मेरा पार्सल कहाँ है? वह सोमवार को भेजा गया था और अब तक नहीं आया।",
            "我的包裹在哪里？它是星期一寄出的，到现在还没有到，请帮我查一下。",
            "荷物はどこですか？月曜日に発送されたはずですが、まだ届いていません。",
            "제 소포는 어디에 있나요? 월요일에 보냈다고 했는데 아직 오지 않았습니다.",
        ] {
            let (weight, letters) = (weight(text), text.chars().count());
            assert!(
                weight < letters * 2 + TURN,
                "{weight} for {letters}: {text}"
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = "Where is my parcel? ".repeat(500);
        let (seen, rest) = fold(pieces(&text));
        let [Piece::Text(seen)] = seen[..] else {
            panic!("{seen:?}")
        };
        assert!(
            seen.ends_with(' ') && seen.len() > limits::SEEN * 9 / 10,
            "{seen}"
        );
        assert_eq!(rest.len(), 1);
        let short = &text[..limits::SEEN];
        assert_eq!(fold(pieces(short)), (vec![Piece::Text(short)], vec![]));
        let fits = &text[..limits::SEEN * 5 / 4];
        assert!(
            fold(pieces(fits)).1.is_empty(),
            "nothing is hidden for a line or two"
        );
    }
}
