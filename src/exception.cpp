// Exceptions and stacks as values.
// SPDX-License-Identifier: MIT
#include "ctxlog/exception.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include "ctxlog/field.hpp"

namespace ctxlog {

stack_trace::stack_trace() noexcept {
  void* raw[1 + std::tuple_size_v<decltype(frames_)>];
  const int n = ::backtrace(raw, static_cast<int>(std::size(raw)));
  for (int i = 1; i < n; ++i) frames_[size_++] = raw[i];  // frame 0 is this constructor
}

namespace detail {
namespace {

constexpr std::size_t max_causes = 16;  // a chain that is longer is cut, not followed for ever

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 ? text.get() : name;
}

std::string frame_text(void* address) {
  Dl_info info{};
  // A return address may be the first byte after a function that never returns: look one byte back.
  void* inside = static_cast<char*>(address) - 1;
  if (::dladdr(inside, &info) == 0 || !info.dli_fname) return fmt::format("{}", address);
  const auto offset = static_cast<char*>(address) - static_cast<char*>(info.dli_fbase);
  return info.dli_sname ? fmt::format("{} ({}+{:#x})", demangled(info.dli_sname), info.dli_fname, offset)
                        : fmt::format("{}+{:#x}", info.dli_fname, offset);
}

value stack_value(arena& memory, const stack_trace& stack) {
  const auto frames = stack.frames();
  auto* items = allocate<value>(memory, frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) new (items + i) value(copy(memory, frame_text(frames[i])));
  return value(std::span<const value>(items, frames.size()));
}

struct described {
  std::string type, message;
};

// Wrappers that carry a stack or a cause are no types of the application's.
std::string unwrapped(std::string type) {
  for (const std::string_view wrapper : {"ctxlog::traced<", "std::_Nested_exception<"})
    if (type.starts_with(wrapper) && type.ends_with('>'))
      type = type.substr(wrapper.size(), type.size() - wrapper.size() - 1);
  return type;
}

// `e` is null for what is no std::exception.
described describe(const std::exception* e) {
  if (e) {
    return {unwrapped(demangled(typeid(*e).name())), e->what()};
  }
  const std::type_info* type = abi::__cxa_current_exception_type();
  return {type ? demangled(type->name()) : "unknown", ""};
}

void collect_causes(const std::exception& e, std::vector<described>& causes) {
  if (causes.size() == max_causes) return;
  try {
    std::rethrow_if_nested(e);
  } catch (const std::exception& inner) {
    causes.push_back(describe(&inner));
    collect_causes(inner, causes);
  } catch (...) {
    causes.push_back(describe(nullptr));
  }
}

void add_description(arena& memory, const described& d, field* members) {
  new (members) field{"type", value(copy(memory, d.type))};
  new (members + 1) field{"message", value(copy(memory, d.message))};
}

value exception_value(arena& memory, const described& self, const std::exception* e) {
  auto* members = allocate<field>(memory, 4);
  std::size_t n = 2;
  add_description(memory, self, members);
  std::vector<described> causes;
  if (e) collect_causes(*e, causes);
  if (!causes.empty()) {
    auto* items = allocate<value>(memory, causes.size());
    for (std::size_t i = 0; i < causes.size(); ++i) {
      auto* cause = allocate<field>(memory, 2);
      add_description(memory, causes[i], cause);
      new (items + i) value(std::span<const field>(cause, 2));
    }
    new (members + n++) field{"causes", value(std::span<const value>(items, causes.size()))};
  }
  if (const auto* stack = dynamic_cast<const stack_trace*>(e))
    new (members + n++) field{"stack", stack_value(memory, *stack)};
  return value(std::span<const field>(members, n));
}

}  // namespace

value exception_value(arena& memory, const std::exception& e) {
  return exception_value(memory, describe(&e), &e);
}

value exception_value(arena& memory, const std::exception_ptr& pointer) {
  if (!pointer) return value();
  try {
    std::rethrow_exception(pointer);
  } catch (const std::exception& e) {
    return exception_value(memory, describe(&e), &e);
  } catch (...) {
    return exception_value(memory, describe(nullptr), nullptr);
  }
}

}  // namespace detail
}  // namespace ctxlog
