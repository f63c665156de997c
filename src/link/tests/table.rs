//! The table in `link`'s module documentation, the rows of the code, and the tests of the rows: none lacks the others.

use std::collections::BTreeSet;

#[test]
fn each_row_of_the_documented_table_has_a_test_and_each_test_a_row() {
    let table = include_str!("../mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
    let documented: BTreeSet<String> = table.filter_map(|line| line.split('`').next()).map(snake).collect();
    let tests = include_str!("rows.rs").lines().filter_map(|line| line.strip_prefix("fn "));
    let tested: BTreeSet<String> =
        tests.filter_map(|line| line.split_once("_when_")).map(|(row, _)| row.to_owned()).collect();
    let known: BTreeSet<String> = include_str!("../row.rs")
        .lines()
        .skip_while(|line| *line != "pub enum Row {")
        .skip(1)
        .take_while(|line| *line != "}")
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .filter_map(|line| line.split([',', '(', ' ']).next())
        .map(snake)
        .collect();
    assert!(documented.len() > 20, "{documented:?}");
    assert_eq!(documented, tested.iter().filter(|row| *row != "hands_off").cloned().collect());
    assert_eq!(known, tested);
}

fn snake(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
