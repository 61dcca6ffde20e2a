// Patchers and the built-in ones.
// SPDX-License-Identifier: MIT
#include "ctxlog/patcher.hpp"

#include <atomic>

#include "process_info.hpp"
#include "resource.hpp"

namespace ctxlog {

patcher::patcher(std::function<void(record&)> per_record, std::function<void(field_set&)> per_context) {
  static constinit std::atomic<std::uint64_t> last_id{0};
  body_ = std::make_shared<const body>(body{std::move(per_record), std::move(per_context), ++last_id});
}

patcher thread_fields() {
  return {[](record& rec) {
    rec.set("thread.id", rec.thread_id());
    if (!rec.thread_name().empty()) rec.set("thread.name", rec.thread_name());
  }};
}

patcher process_fields() {
  auto fields = std::make_shared<field_set>();
  detail::add_resource(*fields);
  return {[fields](record& rec) {
    rec.set("process.pid", detail::process_id());
    for (const field& f : fields->run().fields()) rec.set(f.key, f.value);
  }};
}

}  // namespace ctxlog
