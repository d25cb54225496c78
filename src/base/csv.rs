//! Rows for spreadsheets and programs: RFC 4180, UTF-8. A text that a spreadsheet would take for a formula begins with
//! an apostrophe (OWASP, "CSV Injection").

/// One cell.
pub enum Cell {
    Text(String),
    Number(i64),
    Nothing,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}
impl From<i64> for Cell {
    fn from(number: i64) -> Cell {
        Cell::Number(number)
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Cell {
        cell.map_or(Cell::Nothing, Into::into)
    }
}

/// The mark by which spreadsheets know UTF-8.
pub const BOM: &[u8] = "\u{feff}".as_bytes();

/// One line, with CR LF behind it.
pub fn line(cells: impl IntoIterator<Item = Cell>) -> Vec<u8> {
    let cells = cells.into_iter().map(|cell| match cell {
        Cell::Text(text) if is_formula(&text) => format!("'{text}"),
        Cell::Text(text) => text,
        Cell::Number(number) => number.to_string(),
        Cell::Nothing => String::new(),
    });
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(vec![]);
    // Writing to memory does not fail.
    _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

/// What begins a formula, also in its full-width form and behind spaces.
fn is_formula(text: &str) -> bool {
    const BEGINS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.starts_with(BEGINS) || text.trim_start().starts_with(BEGINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_becomes_a_text_and_a_number_stays_one() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "\r=1", "\u{a0}=1",
        ] {
            let line = String::from_utf8(line([text.into()])).unwrap();
            assert!(line.trim_start_matches('"').starts_with('\''), "{line:?}");
        }
        let cells = [
            Cell::Number(-7),
            "a \"b\", c".into(),
            Cell::Nothing,
            "mail@post.example".into(),
        ];
        let line = String::from_utf8(line(cells)).unwrap();
        assert_eq!(line, "-7,\"a \"\"b\"\", c\",,mail@post.example\r\n");
    }
}
