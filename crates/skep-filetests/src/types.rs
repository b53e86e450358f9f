//! C declarations into BTF: structs, unions and functions, enough to say what a program's own types look like.
//!
//! Laid out as x86-64 does. Structs that only a name is given for are empty, but for those that Linux gives a meaning
//! (`struct bpf_spin_lock`), which have their size. Attributes are the macros programs use: `__kptr` and its like between
//! type and star, `__contains(node, member)` behind a list head or tree root, `__arg_ctx` and its like behind a
//! parameter, `__exception_cb(name)` behind a function, `__tag(x)` for any other type tag.

use crate::{Malformed, malformed};
use skep_btf::{BtfBuilder, BtfKind, BtfLinkage, BtfTypeId, IntEncoding, MemberSpec};
use std::collections::BTreeMap;

/// Structs of Linux that have a meaning in map values and objects: name, words, bytes of a word.
const KNOWN: [(&str, u32, u32); 13] = [
    ("bpf_spin_lock", 1, 4),
    ("bpf_res_spin_lock", 1, 4),
    ("bpf_refcount", 1, 4),
    ("bpf_timer", 2, 8),
    ("bpf_wq", 2, 8),
    ("bpf_task_work", 1, 8),
    ("bpf_list_head", 2, 8),
    ("bpf_list_node", 3, 8),
    ("bpf_rb_root", 2, 8),
    ("bpf_rb_node", 4, 8),
    ("bpf_dynptr", 2, 8),
    ("bpf_iter_num", 1, 8),
    ("bpf_iter_task", 3, 8),
];

/// Names of integers: bytes, encoding.
const INTEGERS: [(&str, u32, IntEncoding); 10] = [
    ("char", 1, IntEncoding::Char),
    ("bool", 1, IntEncoding::Bool),
    ("short", 2, IntEncoding::Signed),
    ("int", 4, IntEncoding::Signed),
    ("unsigned", 4, IntEncoding::Unsigned),
    ("long", 8, IntEncoding::Signed),
    ("__u8", 1, IntEncoding::Unsigned),
    ("__u16", 2, IntEncoding::Unsigned),
    ("__u32", 4, IntEncoding::Unsigned),
    ("__u64", 8, IntEncoding::Unsigned),
];

/// A type with its layout.
#[derive(Clone, Copy, Debug)]
struct Laid {
    id: BtfTypeId,
    size: u32,
    align: u32,
}

/// The BTF of a program, being written.
#[derive(Debug, Default)]
pub struct Types {
    builder: BtfBuilder,
    named: BTreeMap<String, Laid>,
    functions: Vec<(String, BtfTypeId)>,
}

impl Types {
    /// Reads declarations.
    ///
    /// # Errors
    /// What does not parse.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut parser = Parser {
            tokens: tokens(text),
            types: Self::default(),
        };
        parser.tokens.reverse();
        while !parser.tokens.is_empty() {
            parser.declaration()?;
        }
        Ok(parser.types)
    }

    /// The id of a struct, function or integer by its name.
    pub fn id(&self, name: &str) -> Option<u32> {
        let function = self.functions.iter().find(|(known, _)| known == name);
        let id = function
            .map(|(_, id)| *id)
            .or_else(|| self.named.get(name).map(|laid| laid.id))?;
        Some(id.get())
    }

    /// Functions in the order they were declared.
    pub fn functions(&self) -> impl Iterator<Item = (&str, u32)> {
        self.functions
            .iter()
            .map(|(name, id)| (name.as_str(), id.get()))
    }

    /// The offset of a string, added if it is new.
    pub fn string(&mut self, text: &str) -> u32 {
        self.builder.string(text)
    }

    /// The blob.
    pub fn finish(&self) -> Vec<u8> {
        self.builder.finish()
    }

    fn integer(&mut self, name: &str) -> Option<Laid> {
        if let Some(known) = self.named.get(name) {
            return Some(*known);
        }
        let (_, size, encoding) = INTEGERS.into_iter().find(|(known, ..)| *known == name)?;
        let id = self.builder.int(name, size, encoding);
        Some(self.keep(
            name,
            Laid {
                id,
                size,
                align: size,
            },
        ))
    }

    fn keep(&mut self, name: &str, laid: Laid) -> Laid {
        self.named.insert(name.to_owned(), laid);
        laid
    }

    /// A struct of which only the name was given.
    fn by_name(&mut self, name: &str) -> Result<Laid, Malformed> {
        if let Some(known) = self.named.get(name) {
            return Ok(*known);
        }
        let Some((_, words, bytes)) = KNOWN.into_iter().find(|(known, ..)| *known == name) else {
            let id = self.builder.structure(name, 0, &[]);
            return Ok(self.keep(
                name,
                Laid {
                    id,
                    size: 0,
                    align: 1,
                },
            ));
        };
        let word = self.word(if bytes == 4 { "__u32" } else { "__u64" })?;
        let array = self.array_of(word, words)?;
        let size = words * bytes;
        let member = MemberSpec::at("__opaque", array.id, 0);
        let id = self.builder.structure(name, size, &[member]);
        Ok(self.keep(
            name,
            Laid {
                id,
                size,
                align: bytes,
            },
        ))
    }

    fn word(&mut self, name: &str) -> Result<Laid, Malformed> {
        self.integer(name)
            .map_or_else(|| malformed(format!("no type: {name}")), Ok)
    }

    fn array_of(&mut self, element: Laid, len: u32) -> Result<Laid, Malformed> {
        let index = self.word("__u32")?;
        Ok(Laid {
            id: self.builder.array(element.id, index.id, len),
            size: element.size.saturating_mul(len),
            align: element.align,
        })
    }

    fn pointer(&mut self, target: BtfTypeId) -> Laid {
        Laid {
            id: self.builder.ptr(target),
            size: 8,
            align: 8,
        }
    }
}

/// Words, numbers, and single signs; comments left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        for c in code.chars().chain(['\n']) {
            let part = c.is_ascii_alphanumeric() || c == '_';
            match tokens.last_mut() {
                Some(last) if part && in_word => last.push(c),
                Some(_) | None if !c.is_whitespace() => tokens.push(c.to_string()),
                Some(_) | None => {}
            }
            in_word = part;
        }
    }
    tokens
}

struct Parser {
    /// The next one last.
    tokens: Vec<String>,
    types: Types,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.last().map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.tokens.pop().unwrap_or_default()
    }

    fn eat(&mut self, token: &str) -> bool {
        let there = self.peek() == token;
        if there {
            self.tokens.pop();
        }
        there
    }

    fn need(&mut self, token: &str) -> Result<(), Malformed> {
        if self.eat(token) {
            return Ok(());
        }
        malformed(format!(
            "declarations: {token} expected at {:?}",
            self.peek()
        ))
    }

    fn number(&mut self) -> Result<u32, Malformed> {
        let token = self.next();
        token
            .parse()
            .or_else(|_| malformed(format!("declarations: no number: {token}")))
    }

    /// `struct NAME { ... };` or a function.
    fn declaration(&mut self) -> Result<(), Malformed> {
        let composite = match self.peek() {
            "struct" => Some(BtfKind::Struct),
            "union" => Some(BtfKind::Union),
            _ => None,
        };
        let opens = self.tokens.len().checked_sub(3);
        if let Some(kind) = composite
            && opens
                .and_then(|at| self.tokens.get(at))
                .is_some_and(|token| token == "{")
        {
            self.next();
            let name = self.next();
            let laid = self.composite(kind, &name)?;
            self.types.keep(&name, laid);
            return self.need(";");
        }
        let linkage = if self.eat("static") {
            BtfLinkage::Static
        } else {
            BtfLinkage::Global
        };
        self.function(linkage)
    }

    /// Behind the name: the members in braces.
    fn composite(&mut self, kind: BtfKind, name: &str) -> Result<Laid, Malformed> {
        self.need("{")?;
        let mut members: Vec<(String, BtfTypeId, u32)> = Vec::new();
        let mut tags = Vec::new();
        let (mut end, mut size, mut align) = (0_u32, 0, 1);
        while !self.eat("}") {
            let mut ty = self.ty()?;
            let member = self.next();
            if self.eat("[") {
                let len = self.number()?;
                self.need("]")?;
                ty = self.types.array_of(ty, len)?;
            }
            if self.eat("__contains") {
                self.need("(")?;
                let node = self.next();
                self.need(",")?;
                let field = self.next();
                self.need(")")?;
                tags.push((format!("contains:{node}:{field}"), members.len() as u32));
            }
            self.need(";")?;
            let at = match kind {
                BtfKind::Union => 0,
                _ => end.next_multiple_of(ty.align),
            };
            end = at + ty.size;
            size = size.max(end);
            align = align.max(ty.align);
            members.push((member, ty.id, at));
        }
        let specs: Vec<MemberSpec<'_>> = members
            .iter()
            .map(|(name, ty, at)| MemberSpec::at(name, *ty, *at))
            .collect();
        let size = size.next_multiple_of(align);
        let id = match kind {
            BtfKind::Union => self.types.builder.union(name, size, &specs),
            _ => self.types.builder.structure(name, size, &specs),
        };
        for (tag, member) in tags {
            self.types.builder.decl_tag(&tag, id, Some(member));
        }
        Ok(Laid { id, size, align })
    }

    /// `RETURNS NAME(PARAMETERS) ATTRIBUTES;`
    fn function(&mut self, linkage: BtfLinkage) -> Result<(), Malformed> {
        let returns = self.ty()?;
        let name = self.next();
        self.need("(")?;
        let mut params: Vec<(String, BtfTypeId)> = Vec::new();
        let mut tags = Vec::new();
        while !self.eat(")") {
            let ty = self.ty()?;
            if ty.id == BtfTypeId::VOID {
                continue;
            }
            let mut param = String::new();
            while !matches!(self.peek(), "," | ")") {
                let word = self.next();
                match word.strip_prefix("__arg_") {
                    Some(tag) => tags.push((format!("arg:{tag}"), Some(params.len() as u32))),
                    None if word.is_empty() => return malformed("a function without end"),
                    None => param = word,
                }
            }
            params.push((param, ty.id));
            self.eat(",");
        }
        while self.eat("__exception_cb") {
            self.need("(")?;
            tags.push((format!("exception_callback:{}", self.next()), None));
            self.need(")")?;
        }
        self.need(";")?;
        let specs: Vec<(&str, BtfTypeId)> = params
            .iter()
            .map(|(name, ty)| (name.as_str(), *ty))
            .collect();
        let proto = self.types.builder.func_proto(returns.id, &specs);
        let id = self.types.builder.func(&name, proto, linkage);
        for (tag, component) in tags {
            self.types.builder.decl_tag(&tag, id, component);
        }
        self.types.functions.push((name, id));
        Ok(())
    }

    /// A type up to the name of what has it.
    fn ty(&mut self) -> Result<Laid, Malformed> {
        let constant = self.eat("const");
        let word = self.next();
        let mut ty = match word.as_str() {
            "void" => Laid {
                id: BtfTypeId::VOID,
                size: 0,
                align: 1,
            },
            "struct" | "union" => {
                let name = self.next();
                self.types.by_name(&name)?
            }
            integer => self.types.word(integer)?,
        };
        if constant {
            ty.id = self.types.builder.qualifier(BtfKind::Const, ty.id);
        }
        loop {
            if self.eat("*") {
                ty = self.types.pointer(ty.id);
            } else if self.eat("__tag") {
                self.need("(")?;
                let tag = self.next();
                self.need(")")?;
                ty.id = self.types.builder.type_tag(&tag, ty.id);
            } else if matches!(
                self.peek(),
                "__kptr"
                    | "__kptr_untrusted"
                    | "__percpu_kptr"
                    | "__uptr"
                    | "__rcu"
                    | "__user"
                    | "__percpu"
            ) {
                let tag = self.next();
                let tag = tag.trim_start_matches('_');
                ty.id = self.types.builder.type_tag(tag, ty.id);
            } else {
                return Ok(ty);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skep_btf::{Btf, NoKernelTypes};

    #[test]
    fn layout_and_tags() {
        let text = "struct node { struct bpf_rb_node rb; char c; __u32 n; };\n\
            struct value { struct bpf_spin_lock lock; struct bpf_rb_root root __contains(node, rb);\n\
              struct task_struct __kptr *task; };\n\
            int main(struct __sk_buff *ctx __arg_ctx);\nstatic void f(void);";
        let types = Types::parse(text).unwrap();
        let btf = Btf::load(&types.finish(), &NoKernelTypes).unwrap();
        assert_eq!(btf.size_of(BtfTypeId(types.id("node").unwrap())), Some(40));
        assert_eq!(btf.size_of(BtfTypeId(types.id("value").unwrap())), Some(32));
        let names: Vec<_> = types.functions().map(|(name, _)| name).collect();
        assert_eq!(names, ["main", "f"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "struct a {",
            "strange x;",
            "int f(",
            "int;",
            "struct a { int b }",
        ] {
            assert!(Types::parse(text).is_err(), "{text}");
        }
    }
}
