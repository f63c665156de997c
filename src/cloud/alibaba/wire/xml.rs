//! XML as the same tree that JSON makes, so that one reader serves both.
//!
//! An element with children is an object, any other is text; elements of one name side by side are a list. So a list of
//! one looks like its item, which `lenient` allows for. Attributes mean nothing in these answers and are dropped.

use quick_xml::{
    Reader,
    events::{BytesRef, Event},
};
use serde_json::{Map, Value};

/// The deepest that an answer nests is six (`DescribeInstances`); an answer made to exhaust the stack goes no further.
const DEEPEST: usize = 16;

/// The name of the root element, and what is in it. The error says what is wrong.
pub(super) fn tree(text: &str) -> Result<(String, Value), &'static str> {
    let mut reader = Reader::from_str(text);
    let mut building = Building::default();
    loop {
        match reader.read_event().map_err(|_| NOT_XML)? {
            Event::Start(start) => building.open(start.local_name().as_ref())?,
            Event::Empty(start) => {
                building.open(start.local_name().as_ref())?;
                building.close()?;
            }
            Event::End(_) => building.close()?,
            Event::Text(text) => building.text(&text.xml10_content())?,
            Event::CData(text) => building.text(&text.xml10_content())?,
            Event::GeneralRef(name) => building.text(referred(&name)?.encode_utf8(&mut [0; 4]))?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            // No answer of the cloud has one; its entities would have to be expanded.
            Event::DocType(_) => return Err(NOT_XML),
            Event::Eof => return building.finish(),
        }
    }
}

const NOT_XML: &str = "an answer that is neither JSON nor XML of the API";
const CUT_OFF: &str = "an answer that is cut off";
const TOO_DEEP: &str = "an answer that nests too deep";

/// The character that `&name;` stands for.
fn referred(name: &BytesRef<'_>) -> Result<char, &'static str> {
    if let Some(char) = name.resolve_char_ref().map_err(|_| NOT_XML)? {
        return Ok(char);
    }
    Ok(match &**name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return Err(NOT_XML),
    })
}

#[derive(Default)]
struct Building {
    open: Vec<Element>,
    root: Option<(String, Value)>,
}

struct Element {
    name: String,
    text: String,
    children: Map<String, Value>,
}

impl Building {
    fn open(&mut self, name: &str) -> Result<(), &'static str> {
        if self.root.is_some() {
            return Err(NOT_XML);
        }
        if self.open.len() == DEEPEST {
            return Err(TOO_DEEP);
        }
        self.open.push(Element { name: name.to_owned(), text: String::new(), children: Map::new() });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(NOT_XML),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), &'static str> {
        let Element { name, text, children } = self.open.pop().ok_or(NOT_XML)?;
        let value = if children.is_empty() { Value::String(text.trim().to_owned()) } else { Value::Object(children) };
        match self.open.last_mut() {
            Some(parent) => add(&mut parent.children, name, value),
            None => self.root = Some((name, value)),
        }
        Ok(())
    }

    fn finish(self) -> Result<(String, Value), &'static str> {
        if self.open.is_empty() { self.root.ok_or(NOT_XML) } else { Err(CUT_OFF) }
    }
}

/// Adds a child; the second of a name makes a list. An element's own value is never a list, so the two cannot be mixed up.
fn add(children: &mut Map<String, Value>, name: String, value: Value) {
    match children.get_mut(&name) {
        None => drop(children.insert(name, value)),
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_objects_lists_and_text() {
        let (root, value) = tree(
            "<?xml version='1.0' encoding='UTF-8'?>\n<A x='1'><!-- no --><B>1</B><B>2</B>\n <C><D> a &amp; &#98;<![CDATA[<c>&]]></D></C><E/></A>\n",
        )
        .unwrap();
        assert_eq!(root, "A");
        assert_eq!(value, json!({"B": ["1", "2"], "C": {"D": "a & b<c>&"}, "E": ""}));
    }

    #[test]
    fn what_is_no_whole_xml_of_one_root_is_an_error() {
        for (text, error) in [
            ("<A><B>1</B>", CUT_OFF),
            ("<A>", CUT_OFF),
            ("", NOT_XML),
            ("  ", NOT_XML),
            ("<A></B>", NOT_XML),
            ("<A/><B/>", NOT_XML),
            ("text<A/>", NOT_XML),
            ("<A>&unknown;</A>", NOT_XML),
            ("<!DOCTYPE html><html></html>", NOT_XML),
            ("</A>", NOT_XML),
        ] {
            assert_eq!(tree(text), Err(error), "{text}");
        }
        assert_eq!(tree(&"<A>".repeat(100_000)), Err(TOO_DEEP));
    }
}
