//! The list of links, page by page (`DescribeClassicLinkInstances`); when it is complete is said by `rows`.

use super::{
    sign::Params,
    wire::{LinkItem, LinkPage},
};
use crate::{
    cloud::{LinkList, rows::Rows},
    link::{InstanceId, VpcId},
};

/// The most rows that the cloud puts on a page; without it, it puts ten.
const PAGE: usize = 100;
/// No list is read further than this: a VPC may have 1,000 links ("ClassicLink overview"), ten times over.
const MOST_PAGES: usize = 100;

/// Which links are listed. The API lists by one of these, never all.
#[derive(Clone, Copy)]
pub(super) enum Filter<'a> {
    /// Those of one VPC.
    Vpc(&'a VpcId),
    /// Those of these machines, 100 at most.
    Machines(&'a [&'a InstanceId]),
}

/// A list that is being read: asks for a page, takes what came, until there is nothing more to ask.
pub(super) struct Reading<'a> {
    filter: Filter<'a>,
    rows: Rows,
}

impl<'a> Reading<'a> {
    pub(super) fn new(filter: Filter<'a>) -> Self {
        Self { filter, rows: Rows::default() }
    }

    /// The parameters of the next page; `None` at the end.
    pub(super) fn next(&self) -> Option<Params> {
        let pages = self.rows.pages();
        (!self.rows.ended() && pages < MOST_PAGES).then(|| parameters(self.filter, pages + 1))
    }

    /// Takes the answer to what was asked last.
    pub(super) fn take(&mut self, page: &LinkPage) {
        self.rows.take(page.total_count, page.items().iter().map(LinkItem::row).collect());
    }

    /// What was read.
    pub(super) fn finish(self) -> LinkList {
        self.rows.finish()
    }
}

fn parameters(filter: Filter<'_>, page: usize) -> Params {
    let (name, value) = match filter {
        Filter::Vpc(vpc) => ("VpcId", vpc.to_string()),
        // One sample has a blank after the comma; what a blank means to the cloud nobody says.
        Filter::Machines(ids) => ("InstanceId", ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",")),
    };
    Params::from([
        (name.to_owned(), value),
        ("PageNumber".to_owned(), page.to_string()),
        ("PageSize".to_owned(), PAGE.to_string()),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(total: impl Into<Value>, rows: &[(&str, &str)]) -> LinkPage {
        let row = |(instance, vpc): &(&str, &str)| json!({"InstanceId": instance, "VpcId": vpc});
        let rows: Vec<Value> = rows.iter().map(row).collect();
        serde_json::from_value(json!({"TotalCount": total.into(), "Links": {"Link": rows}})).unwrap()
    }

    fn read(pages: &[LinkPage]) -> LinkList {
        let vpc = VpcId::new("vpc-bp1j4z1sr8").unwrap();
        let mut reading = Reading::new(Filter::Vpc(&vpc));
        for (index, page) in pages.iter().enumerate() {
            assert_eq!(reading.next().unwrap()["PageNumber"], (index + 1).to_string());
            reading.take(page);
        }
        assert!(reading.next().is_none());
        reading.finish()
    }

    const ONE: (&str, &str) = ("i-000001", "vpc-bp1j4z1sr8");
    const TWO: (&str, &str) = ("i-000002", "vpc-bp1j4z1sr8");

    #[test]
    fn a_list_is_complete_if_one_page_or_as_many_distinct_rows_as_an_unchanged_total_say_so() {
        for (pages, rows, complete) in [
            (vec![page(0, &[])], 0, true),
            (vec![page("2", &[ONE, TWO])], 2, true),
            (vec![page(2, &[ONE]), page(2, &[TWO])], 2, true),
            // The vendor's own sample.
            (vec![page(2, &[ONE]), page(2, &[])], 1, false),
            // A row moved to the other page.
            (vec![page(2, &[ONE]), page(2, &[ONE])], 1, false),
            // A link came or went meanwhile.
            (vec![page(3, &[ONE]), page(2, &[TWO])], 2, false),
            (vec![page(Value::Null, &[ONE]), page(Value::Null, &[])], 1, false),
            (vec![page(Value::Null, &[])], 0, false),
            // A row that names nothing that can be used.
            (vec![page(2, &[ONE, ("ins-000002", "vpc-bp1j4z1sr8")])], 1, false),
            (vec![page(2, &[ONE, ("i-000002", "")])], 1, false),
        ] {
            let list = read(&pages);
            assert_eq!((list.rows.len(), list.complete), (rows, complete), "{pages:?}");
        }
    }

    #[test]
    fn a_machine_with_two_links_has_neither_until_another_list_tells() {
        let list = read(&[page(2, &[ONE, ("i-000001", "vpc-other123")])]);
        assert_eq!(list, LinkList::default());
    }

    #[test]
    fn no_list_is_read_for_ever() {
        let ids = [InstanceId::new("i-000001").unwrap(), InstanceId::new("i-000002").unwrap()];
        let ids: Vec<_> = ids.iter().collect();
        let mut reading = Reading::new(Filter::Machines(&ids));
        while let Some(own) = reading.next() {
            assert_eq!((own["InstanceId"].as_str(), own["PageSize"].as_str()), ("i-000001,i-000002", "100"));
            reading.take(&page(1_000_000, &[ONE]));
        }
        assert_eq!(reading.rows.pages(), MOST_PAGES);
        assert!(!reading.finish().complete);
    }
}
