//! Writes roff for manual pages, see man(7).

/// The font of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    Roman,
    Bold,
    Italic,
}

/// A piece of text.
pub(super) type Span = (Font, String);

pub(super) fn roman(text: impl Into<String>) -> Span {
    (Font::Roman, text.into())
}

pub(super) fn bold(text: impl Into<String>) -> Span {
    (Font::Bold, text.into())
}

pub(super) fn italic(text: impl Into<String>) -> Span {
    (Font::Italic, text.into())
}

/// Longest line of the file, in bytes. mandoc warns of longer ones.
const LONGEST: usize = 79;

/// The roff of one section, or of a whole page.
#[derive(Debug, Default)]
pub(super) struct Roff {
    text: String,
    /// Whether the last line is a heading, which begins a paragraph by itself.
    is_below_heading: bool,
}

impl Roff {
    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Writes a control line such as `.RS 4`.
    pub(super) fn control(&mut self, line: &str) {
        self.text.push('.');
        self.text.push_str(line);
        self.text.push('\n');
        self.is_below_heading = false;
    }

    pub(super) fn heading(&mut self, level: u8, title: &str) {
        let name = if level == 1 { "SH" } else { "SS" };
        self.control(&format!("{name} {}", escaped(title)));
        self.is_below_heading = true;
    }

    /// Begins a paragraph that is not part of a list before it.
    pub(super) fn begin_paragraph(&mut self) {
        if !self.is_below_heading {
            self.control("PP");
        }
    }

    pub(super) fn paragraph(&mut self, spans: &[Span]) {
        self.begin_paragraph();
        self.spans(spans);
    }

    pub(super) fn item(&mut self, spans: &[Span]) {
        self.control("IP \\(bu 2");
        self.spans(spans);
    }

    /// Writes an item of a definition list.
    pub(super) fn definition(&mut self, tag: &[Span], meaning: &[Span]) {
        self.control("TP");
        self.spans(tag);
        self.spans(meaning);
    }

    /// Writes preformatted lines.
    pub(super) fn example(&mut self, text: &str) {
        self.begin_paragraph();
        self.control("in +4n");
        self.control("EX");
        for line in text.lines() {
            self.line(&escaped(line));
        }
        self.control("EE");
        self.control("in");
    }

    /// Writes filled text.
    pub(super) fn spans(&mut self, spans: &[Span]) {
        let mut text = String::new();
        for (font, part) in spans {
            let part = escaped(part);
            match font {
                Font::Roman => text += &part,
                Font::Bold => text += &format!("\\fB{part}\\fR"),
                Font::Italic => text += &format!("\\fI{part}\\fR"),
            }
        }
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > LONGEST {
                self.line(&line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&line);
    }

    /// Writes a line of a table for tbl(1).
    pub(super) fn table_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn line(&mut self, line: &str) {
        // These begin a macro.
        if line.starts_with(['.', '\'']) {
            self.text.push_str("\\&");
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.is_below_heading = false;
    }
}

/// Escapes text, so that formatters do not turn ASCII characters into others that nobody can paste.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '…' => escaped.push_str("..."),
            char => escaped.push(char),
        }
    }
    escaped
}

#[test]
fn no_line_of_text_becomes_a_macro() {
    let mut page = Roff::default();
    page.paragraph(&[roman(".so x"), roman(" "), bold("-a~b")]);
    page.example(".x\n'y\\n");
    assert_eq!(
        page.into_text(),
        ".PP\n\\&.so x \\fB\\-a\\(tib\\fR\n.PP\n.in +4n\n.EX\n\\&.x\n\\(aqy\\en\n.EE\n.in\n"
    );
}
