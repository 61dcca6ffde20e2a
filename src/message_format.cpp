// Filling the holes of a message.
// SPDX-License-Identifier: MIT
#include "message_format.hpp"

#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>
#include <string>

#include "ctxlog/deferred.hpp"
#include "text/escape.hpp"
#include "text/number.hpp"
#include "text_output.hpp"
#include "value_text.hpp"

namespace ctxlog::detail {
namespace {

[[noreturn]] void fail(const char* what) { throw std::runtime_error(what); }

class message_formatter {
 public:
  message_formatter(fmt::memory_buffer& buffer, std::string_view text, std::span<const argument> arguments,
                    const record& fields)
      : out_(buffer), text_(text), arguments_(arguments), fields_(fields) {}

  void fill(const plain_holes& holes) {
    if (holes.count() > arguments_.size()) fail("the message has more holes than arguments");
    const char* in = text_.data();
    for (std::size_t i = 0; i < holes.count(); ++i) {
      const std::size_t before = holes.text_before(i);
      bool is_written = false;
      out_.written(before + short_room, [&](char* p) {
        copy_text(p, in, before);
        return write_short(p + before, arguments_[i].plain, is_written);
      });
      if (!is_written) write(arguments_[i], {}, "{}");
      in += before + 2;
    }
    copy(in, static_cast<std::size_t>(text_.data() + text_.size() - in));
  }

  // Apart: what it needs on the stack would be paid for by every message.
  [[gnu::noinline]] void read_and_fill() {
    std::size_t done = 0;
    for (std::size_t i; (i = copy_literal(done)) != text_.size();) {
      const char next = i + 1 < text_.size() ? text_[i + 1] : '\0';
      if (text_[i] == '{' && next == '}') {
        const argument& arg = argument_of({});
        if (!write_plain(arg)) write(arg, {}, "{}");
        done = i + 2;
      } else if (next == text_[i]) {
        out_.raw(text_[i]);
        done = i + 2;
      } else if (text_[i] == '}') {
        fail("unmatched '}' in the message");
      } else {
        done = fill(i);
      }
    }
  }

 private:
  void copy(const char* text, std::size_t size) {
    out_.written(size, [&](char* p) {
      copy_text(p, text, size);
      return p + size;
    });
  }

  // Copies the text from there up to a brace or the end; returns that place.
  std::size_t copy_literal(std::size_t from) {
    const char* in = text_.data() + from;
    std::size_t rest = text_.size() - from;
    out_.written(rest + text_block::size, [&](char* p) {
      // Blocks are stored whole: what is too much is overwritten by what follows.
      while (rest != 0) {
        const bool whole = rest >= text_block::size;
        const text_block block = whole ? text_block::load(in) : text_block::load_tail(in, rest);
        block.store(p);
        const auto braces = block.equal('{') | block.equal('}');
        if (braces != 0) {
          rest -= text_block::first(braces);
          return p + text_block::first(braces);
        }
        const std::size_t copied = whole ? text_block::size : rest;
        in += copied;
        p += copied;
        rest -= copied;
      }
      return p;
    });
    return text_.size() - rest;
  }

  // The hole that begins at `open`; returns the place behind it.
  std::size_t fill(std::size_t open) {
    const std::size_t id_end = text_.find_first_of(":}", open);
    if (id_end == std::string_view::npos) fail("unmatched '{' in the message");
    const std::string_view id = text_.substr(open + 1, id_end - open - 1);
    const bool named = !id.empty() && !(id[0] >= '0' && id[0] <= '9');
    const value* field = named ? fields_.find(id) : nullptr;
    const argument* positional = named ? nullptr : &argument_of(id);

    std::string nested;
    const std::size_t close = specification_end(id_end, nested);
    const std::string_view specification =
        nested.empty() ? text_.substr(id_end, close - id_end) : std::string_view(nested);
    if (positional)
      write(*positional, specification, text_.substr(open, close + 1 - open));
    else if (field)
      write(*field, specification);
    else
      out_.raw(text_.substr(open, close + 1 - open));  // a hole that nothing fills stays as it is written
    return close + 1;
  }

  const argument& argument_of(std::string_view id) {
    std::size_t n = next_;
    if (id.empty())
      ++next_;
    else if (const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), n);
             error != std::errc{} || end != id.data() + id.size())
      fail("a hole's number is not a number");
    if (n >= arguments_.size()) fail("the message has more holes than arguments");
    return arguments_[n];
  }

  // The place of the closing brace. A specification with holes of its own ("{:{}}") is put together in
  // `filled`.
  std::size_t specification_end(std::size_t from, std::string& filled) {
    const std::size_t brace = text_.find_first_of("{}", from);
    if (brace == std::string_view::npos) fail("unmatched '{' in the message");
    if (text_[brace] == '}') return brace;
    fmt::memory_buffer specification;
    std::size_t i = from;
    while (i < text_.size() && text_[i] != '}') {
      if (text_[i] != '{') {
        specification.push_back(text_[i++]);
        continue;
      }
      const std::size_t close = text_.find('}', i);
      if (close == std::string_view::npos) break;
      message_formatter inner(specification, {}, arguments_, fields_);
      inner.write(argument_of(text_.substr(i + 1, close - i - 1)), {}, "{}");
      i = close + 1;
    }
    if (i >= text_.size()) fail("unmatched '{' in the message");
    filled.assign(specification.data(), specification.size());
    return i;
  }

  static constexpr std::size_t short_room = 64;

  // A value of at most that many bytes, shown as a hole without a specification shows it; others are left.
  static char* write_short(char* out, const value& v, bool& is_written) {
    switch (v.kind()) {
      case value_kind::boolean: {
        is_written = true;
        const std::string_view word = v.boolean() ? "true" : "false";
        return put(out, word);
      }
      case value_kind::integer:
        is_written = true;
        return write_int64(out, v.integer());
      case value_kind::unsigned_integer:
        is_written = true;
        return write_uint64(out, v.unsigned_integer());
      case value_kind::string:
        is_written = v.string().size() <= short_room;
        if (!is_written) return out;
        copy_text(out, v.string().data(), v.string().size());
        return out + v.string().size();
      default:
        return out;
    }
  }

  // An argument that a hole without a specification shows as its value; false for the others.
  bool write_plain(const argument& arg) {
    if (arg.plain.kind() == value_kind::string) {
      copy(arg.plain.string().data(), arg.plain.string().size());
      return true;
    }
    bool is_written = false;
    out_.written(short_room, [&](char* p) { return write_short(p, arg.plain, is_written); });
    return is_written;
  }

  // `hole` is the hole as written: with no number in it, fmt can take it as it stands.
  [[gnu::noinline]] void write(const argument& arg, std::string_view specification, std::string_view hole) {
    if (specification.size() <= 1 && write_plain(arg)) return;
    if (!arg.format) {
      write(arg.plain, specification);
      return;
    }
    const bool as_written =
        hole.size() >= 2 && (hole[1] == ':' || hole[1] == '}') && hole.find('{', 1) == hole.npos;
    const std::string renumbered = as_written ? std::string() : fmt::format("{{{}}}", specification);
    const std::string_view format = as_written ? hole : std::string_view(renumbered);
    out_.through([&](fmt::memory_buffer& buffer) {
      arg.format(buffer, {format.data(), format.size()}, arg.object);
    });
  }

  void write(const value& v, std::string_view specification) {
    if (specification.size() <= 1) {
      out_.through([&](fmt::memory_buffer& buffer) { append_text(buffer, v); });
      return;
    }
    const std::string format = fmt::format("{{{}}}", specification);
    const auto formatted = [&](const auto& plain) {
      out_.through([&](fmt::memory_buffer& buffer) {
        append_formatted(buffer, format, fmt::make_format_args(plain));
      });
    };
    switch (v.kind()) {
      case value_kind::boolean:
        return formatted(v.boolean());
      case value_kind::integer:
        return formatted(v.integer());
      case value_kind::unsigned_integer:
        return formatted(v.unsigned_integer());
      case value_kind::real:
        return formatted(v.real());
      default: {
        fmt::memory_buffer text;
        append_text(text, v);
        return formatted(std::string_view(text.data(), text.size()));
      }
    }
  }

  text_output out_;
  std::string_view text_;
  std::span<const argument> arguments_;
  const record& fields_;
  std::size_t next_ = 0;
};

}  // namespace

void append_formatted(fmt::memory_buffer& out, fmt::string_view format, fmt::format_args arguments) {
  fmt::vformat_to(std::back_inserter(out), format, arguments);
}

void format_message(fmt::memory_buffer& out, std::string_view text, const plain_holes& holes,
                    std::span<const argument> arguments, const record& fields) {
  message_formatter formatter(out, text, arguments, fields);
  if (holes.are_known())
    formatter.fill(holes);
  else
    formatter.read_and_fill();
}

}  // namespace ctxlog::detail
