//! When the pages of a list are the whole list.

use super::*;
use crate::link::{InstanceId, LinkRow, VpcId};

fn page(total: usize, rows: &[(&str, &str)]) -> Page {
    let row = |(instance, vpc): &(&str, &str)| {
        Some((InstanceId::new(instance).ok()?, LinkRow { vpc: VpcId::new(vpc).ok()?, private_ip: None }))
    };
    Page { total, rows: rows.iter().map(row).collect() }
}

/// `count` links from number `first` on, as a page of a list of `total`.
fn numbers(total: usize, first: usize, count: usize) -> Page {
    let ids: Vec<String> = (first..first + count).map(|number| format!("ins-{number:06}")).collect();
    let rows: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "vpc-2ari9m7h")).collect();
    page(total, &rows)
}

/// Reads these pages; gives the list and the offsets that were asked for.
fn all(pages: impl IntoIterator<Item = Page>) -> (LinkList, Vec<usize>) {
    let mut reading = Reading::new(&LinkScope::All);
    let mut offsets = Vec::new();
    let mut pages = pages.into_iter();
    while let Some(offset) = reading.next() {
        offsets.push(offset);
        reading.take(Ok(pages.next().unwrap())).unwrap();
    }
    assert!(pages.next().is_none(), "a page was not asked for");
    (reading.finish(), offsets)
}

fn error(kind: Kind, code: &str) -> CloudError {
    let action = "DescribeVpcClassicLink";
    CloudError { kind, action, code: code.to_owned(), message: String::new(), request_id: None }
}

fn refusal(scope: &LinkScope, kind: Kind, code: &str) -> Result<LinkList, CloudError> {
    let mut reading = Reading::new(scope);
    reading.take(Err(error(kind, code)))?;
    assert!(reading.next().is_none());
    Ok(reading.finish())
}

#[test]
fn one_page_that_holds_as_many_rows_as_there_are_is_complete() {
    for count in [0, 1, 50] {
        let (list, offsets) = all([numbers(count, 0, count)]);
        assert_eq!((list.rows.len(), list.complete), (count, true));
        assert_eq!(offsets, [0]);
    }
}

#[test]
fn pages_with_as_many_machines_as_an_unchanged_total_says_are_complete() {
    let (list, offsets) = all([numbers(120, 0, 50), numbers(120, 50, 50), numbers(120, 100, 20)]);
    assert_eq!((list.rows.len(), list.complete), (120, true));
    assert_eq!(offsets, [0, 50, 100]);
}

#[test]
fn short_pages_are_read_on_from_where_they_ended() {
    let (list, offsets) = all([numbers(5, 0, 2), numbers(5, 2, 2), numbers(5, 4, 1)]);
    assert!(list.complete);
    assert_eq!(offsets, [0, 2, 4]);
}

#[test]
fn a_total_that_changes_makes_the_list_incomplete() {
    for total in [59, 61] {
        let (list, _) = all([numbers(60, 0, 50), numbers(total, 50, 10)]
            .into_iter()
            .chain((total > 60).then(|| numbers(61, 60, 1))));
        assert!(!list.complete);
        assert!(list.rows.len() >= 60);
    }
}

#[test]
fn a_row_that_moved_onto_the_next_page_makes_the_list_incomplete() {
    let (list, _) = all([numbers(60, 0, 50), numbers(60, 49, 10)]);
    assert_eq!((list.rows.len(), list.complete), (59, false));
}

#[test]
fn an_empty_page_before_the_end_ends_the_list_incomplete() {
    let (list, _) = all([numbers(60, 0, 50), numbers(60, 0, 0)]);
    assert_eq!((list.rows.len(), list.complete), (50, false));
    let (list, _) = all([numbers(60, 0, 0)]);
    assert!(!list.complete);
}

#[test]
fn a_row_without_a_usable_name_makes_the_list_incomplete_and_leaves_the_others() {
    let (list, _) = all([page(2, &[("ins-df454d", "vpc-2ari9m7h"), ("ins-0x5msjda", "gz_vpc_245")])]);
    assert_eq!((list.rows.len(), list.complete), (1, false));
}

#[test]
fn a_machine_with_two_different_rows_is_left_out() {
    let rows = [("ins-df454d", "vpc-2ari9m7h"), ("ins-df454d", "vpc-gjui0b5t"), ("ins-0x5msjda", "vpc-gjui0b5t")];
    let (list, _) = all([page(3, &rows)]);
    let instances: Vec<_> = list.rows.keys().map(InstanceId::as_str).collect();
    assert_eq!((instances, list.complete), (vec!["ins-0x5msjda"], false));
}

#[test]
fn a_list_that_never_ends_is_left() {
    let mut reading = Reading::new(&LinkScope::All);
    let mut pages = 0;
    while reading.next().is_some() {
        reading.take(Ok(numbers(1_000_000, pages, 1))).unwrap();
        pages += 1;
    }
    assert_eq!(pages, MOST_PAGES);
    assert!(!reading.finish().complete);
}

#[test]
fn a_vpc_that_does_not_exist_has_no_links() {
    let scope = LinkScope::Vpc(VpcId::new("vpc-2ari9m7h").unwrap());
    let list = refusal(&scope, Kind::Missing, "InvalidVpc.NotFound").unwrap();
    assert_eq!(list, LinkList { complete: true, ..LinkList::default() });
    assert!(refusal(&LinkScope::All, Kind::Missing, "InvalidVpc.NotFound").is_err());
    assert!(refusal(&scope, Kind::Refused(crate::api::Reason::Refused), "4000").is_err());
}

#[test]
fn an_answer_about_an_address_that_was_not_asked_for_proves_nothing() {
    let scope = LinkScope::Vpc(VpcId::new("vpc-2ari9m7h").unwrap());
    for scope in [&scope, &LinkScope::All] {
        assert_eq!(refusal(scope, Kind::Missing, "InvalidLanIp.NotFound").unwrap(), LinkList::default());
    }
}

#[test]
fn a_refusal_of_a_later_page_is_a_failure() {
    let scope = LinkScope::Vpc(VpcId::new("vpc-2ari9m7h").unwrap());
    let mut reading = Reading::new(&scope);
    reading.take(Ok(numbers(60, 0, 50))).unwrap();
    let error = error(Kind::Missing, "InvalidVpc.NotFound");
    assert_eq!(reading.take(Err(error.clone())), Err(error));
}
