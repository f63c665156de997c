//! The list of links, page by page (215/2112, 215/15776), and whether it is complete.
//!
//! The list has no snapshot: rows move between pages while it is read. So a machine that is not in it counts as not
//! linked only if one page held everything, or as many distinct machines were read as a total that never changed. A row
//! that cannot be understood may be any machine, and makes the list incomplete.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use crate::{
    cloud::{CloudError, Kind, LinkList, LinkScope},
    link::{InstanceId, LinkRow},
};

/// No list is read further than this: 100,000 links by the smaller pages of the API v2, twice what one operator is made
/// for.
const MOST_PAGES: usize = 2000;

/// A page of links.
pub(super) struct Page {
    /// How many links there are, over all pages.
    pub(super) total: usize,
    /// The rows; `None` for one that names machine or VPC by no id that can be used.
    pub(super) rows: Vec<Option<(InstanceId, LinkRow)>>,
}

/// A list that is being read: asks for a page, takes what came, until there is nothing more to ask.
pub(super) struct Reading<'a> {
    scope: &'a LinkScope,
    rows: HashMap<InstanceId, LinkRow>,
    /// Machines of which two different rows were read.
    contradictory: HashSet<InstanceId>,
    pages: usize,
    /// Rows, understood or not, the same ones twice included: the next offset.
    read: usize,
    total: usize,
    /// A row was not understood, or the total changed.
    doubtful: bool,
    ended: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(scope: &'a LinkScope) -> Self {
        Self {
            scope,
            rows: HashMap::new(),
            contradictory: HashSet::new(),
            pages: 0,
            read: 0,
            total: 0,
            doubtful: false,
            ended: false,
        }
    }

    /// The offset of the next page; `None` at the end.
    pub(super) fn next(&self) -> Option<usize> {
        (!self.ended && self.pages < MOST_PAGES).then_some(self.read)
    }

    /// Takes the answer to what was asked last.
    pub(super) fn take(&mut self, answer: Result<Page, CloudError>) -> Result<(), CloudError> {
        match answer {
            Ok(page) => self.take_page(page),
            Err(error) if self.pages == 0 => self.take_refusal(error)?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn take_page(&mut self, page: Page) {
        self.doubtful |= self.pages > 0 && page.total != self.total;
        self.total = page.total;
        self.pages += 1;
        self.read += page.rows.len();
        self.ended = page.rows.is_empty() || self.read >= self.total;
        for row in page.rows {
            self.take_row(row);
        }
    }

    fn take_row(&mut self, row: Option<(InstanceId, LinkRow)>) {
        let Some((instance, row)) = row else {
            self.doubtful = true;
            return;
        };
        match self.rows.entry(instance) {
            Entry::Vacant(free) => drop(free.insert(row)),
            Entry::Occupied(taken) if *taken.get() == row => {}
            Entry::Occupied(taken) => drop(self.contradictory.insert(taken.key().clone())),
        }
    }

    /// Takes the refusal of the first page for the empty list that it stands for, if it stands for one.
    fn take_refusal(&mut self, error: CloudError) -> Result<(), CloudError> {
        // A code of the API v2 about an address, which was not asked for: nothing is listed, and nothing is proved by that.
        self.doubtful = error.code == "InvalidLanIp.NotFound";
        // A VPC that has links cannot be deleted, so one that does not exist has none.
        let no_such_vpc = error.kind == Kind::Missing && matches!(self.scope, LinkScope::Vpc(_));
        self.ended = self.doubtful || no_such_vpc;
        if self.ended { Ok(()) } else { Err(error) }
    }

    /// What was read.
    pub(super) fn finish(mut self) -> LinkList {
        let everything = if self.pages > 1 { self.rows.len() == self.total } else { self.read >= self.total };
        // Which row of two is true, a list of its own VPC tells.
        self.rows.retain(|instance, _| !self.contradictory.contains(instance));
        LinkList { rows: self.rows, complete: everything && !self.doubtful && self.contradictory.is_empty() }
    }
}

#[cfg(test)]
mod tests;
