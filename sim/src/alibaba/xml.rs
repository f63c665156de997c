//! Answers as XML: an object's fields are elements, an array's members repeat theirs.

use serde_json::Value;

/// The document of this root.
pub(super) fn written(root: &str, body: &Value) -> String {
    let mut text = String::from("<?xml version='1.0' encoding='UTF-8'?>\n");
    element(&mut text, root, body);
    text
}

fn element(text: &mut String, name: &str, value: &Value) {
    if let Value::Array(members) = value {
        for member in members {
            element(text, name, member);
        }
        return;
    }
    text.extend(["<", name, ">"]);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| element(text, name, value)),
        // An address of a page is given as it is.
        Value::String(page) if name.eq_ignore_ascii_case("recommend") => {
            text.extend(["<![CDATA[", page, "]]>"]);
        }
        Value::String(content) => text.push_str(&escaped(content)),
        Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::Null | Value::Array(_) => {}
    }
    text.extend(["</", name, ">"]);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_repeat_their_element_and_texts_are_escaped() {
        let body = json!({"Links": {"Link": [{"VpcId": "a"}, {"VpcId": "b&<c>"}]}, "Recommend": "x?a&b", "Total": 2, "No": null});
        let text = written("RootResponse", &body);
        let (_, document) = text.split_once('\n').unwrap();
        assert_eq!(
            document,
            "<RootResponse><Links><Link><VpcId>a</VpcId></Link><Link><VpcId>b&amp;&lt;c&gt;</VpcId></Link></Links>\
             <No></No><Recommend><![CDATA[x?a&b]]></Recommend><Total>2</Total></RootResponse>"
        );
    }
}
