//! Documents: sealed rows with a version, and how they are opened.

use crate::clock::Timestamp;
use crate::error::Fault;
use crate::ids::{AccountId, DocumentId, Realm};
use crate::keys::{KeyError, Place};
use crate::recovery::Inner;
use crate::store::{Document, DocumentKind, DocumentWrite};
use crate::wire::{frame, unframe};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A document that has been opened.
pub(crate) struct Opened {
    pub(crate) row: Document,
    pub(crate) plain: Zeroizing<Vec<u8>>,
}

/// The next version of a document, before it is sealed.
pub(crate) struct Draft<'a> {
    pub(crate) kind: DocumentKind,
    pub(crate) id: DocumentId,
    /// The version that is stored; 0 where there is none yet.
    pub(crate) after: u64,
    pub(crate) account: Option<&'a AccountId>,
    pub(crate) open: bool,
    pub(crate) plain: &'a [u8],
    pub(crate) created_at: Timestamp,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) keep_until: Option<Timestamp>,
}

impl Inner {
    /// One document, opened. A row that was altered, moved, or put back from an earlier version does not open.
    pub(crate) async fn load_document(
        &self,
        kind: DocumentKind,
        id: DocumentId,
    ) -> Result<Option<Opened>, Fault> {
        let row = self.flows.document(&self.realm, kind, id).await?;
        row.map(|row| self.open_document(row)).transpose()
    }

    pub(crate) fn open_document(&self, row: Document) -> Result<Opened, Fault> {
        let bound = self.sealer.open(self.document_place(row.kind, &row.id), &row.sealed)?;
        let [version, account, plain] = unframe::<3>(&bound).ok_or(KeyError::Altered)?;
        let owner = row.account.as_ref().map_or("", AccountId::as_str);
        if version != row.version.to_be_bytes() || account != owner.as_bytes() {
            return Err(KeyError::Altered.into());
        }
        let plain = Zeroizing::new(plain.to_vec());
        Ok(Opened { row, plain })
    }

    /// What goes into a commit. Version and account are sealed with the rest.
    pub(crate) fn write_document(&self, draft: &Draft<'_>) -> Result<DocumentWrite, Fault> {
        let version = draft.after + 1;
        let owner = draft.account.map_or("", AccountId::as_str);
        let bound = frame(&[&version.to_be_bytes(), owner.as_bytes(), draft.plain]);
        let sealed = self.sealer.seal(&*self.entropy, self.document_place(draft.kind, &draft.id), &bound)?;
        let document = Document {
            realm: self.realm.clone(),
            kind: draft.kind,
            id: draft.id,
            version,
            account: draft.account.cloned(),
            open: draft.open,
            sealed,
            created_at: draft.created_at,
            due_at: draft.due_at,
            keep_until: draft.keep_until,
        };
        Ok(if draft.after == 0 { DocumentWrite::Insert(document) } else { DocumentWrite::Update(document) })
    }

    /// Where a document's text is sealed for.
    pub(crate) fn document_place<'a>(&'a self, kind: DocumentKind, id: &'a DocumentId) -> Place<'a> {
        let column = match kind {
            DocumentKind::Security => "document.security",
            DocumentKind::Case => "document.case",
        };
        Place { realm: &self.realm, row: id.as_bytes(), column }
    }
}

/// The name of an account's security record: the same for every node, and under every key.
pub(crate) fn security_id(realm: &Realm, account: &AccountId) -> DocumentId {
    let digest = Sha256::digest(&*frame(&[
        b"regain/security/v1",
        realm.as_str().as_bytes(),
        account.as_str().as_bytes(),
    ]));
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    DocumentId::from_bytes(id)
}
