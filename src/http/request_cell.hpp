// What the context holds of a request: its ids, as fields of every record and for code that asks.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "ctxlog/context.hpp"
#include "ctxlog/field_set.hpp"
#include "ctxlog/http/correlation.hpp"
#include "ctxlog/http/exchange.hpp"

namespace ctxlog::http::detail {

// Bound twice, as the ambient fields and as `current_request`: the fields refer to the ids.
struct request_cell final : ctxlog::detail::cell_of<field_set> {
  // The ids are made in place, by `read`. Their fields come after those of `base`.
  template <class Read>
  request_cell(Read read, std::weak_ptr<exchange> of, const baggage_options& chosen, const context& base)
      : ids(read()), current(std::move(of)) {
    destroy = [](cell* self) noexcept { delete static_cast<request_cell*>(self); };
    fill(chosen, base);
  }

  const correlation ids;
  const std::weak_ptr<exchange> current;

 private:
  void fill(const baggage_options&, const context& base);

  std::array<char, 2> trace_flags_;
};

// The variable that holds it.
class request_variable : public context_var_base {
 public:
  consteval request_variable() : context_var_base("http request") {}

  std::uint32_t slot() const noexcept { return assigned_id(); }
  // Borrowed from `owner`; null when there is none.
  const request_cell* find(const ctxlog::detail::node* owner) const noexcept {
    return id() == 0 ? nullptr : static_cast<const request_cell*>(ctxlog::detail::slot(owner, id()));
  }
};

extern request_variable current_request;

}  // namespace ctxlog::http::detail
