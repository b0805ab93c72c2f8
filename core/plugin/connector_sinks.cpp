#include "core/plugin/connector_sinks.h"

namespace psabridge::plugin {
namespace {

/// One copy of the slice, in the page's arena.
Slice keep(const psabridge_slice& slice, Arena& arena) {
  return {arena.keep(view(slice.source_id)), arena.keep(view(slice.version)), arena.keep(view(slice.text)),
          (slice.flags & PSABRIDGE_SLICE_ID_ONLY) != 0, (slice.flags & PSABRIDGE_SLICE_DELETED) != 0};
}

std::size_t size_of(const Slice& slice) {
  return slice.source_id.size() + slice.version.size() + slice.text.size();
}

}  // namespace

PageSink::PageSink(VerbCall& call, std::string_view cursor) : call_(call), cursor_(cursor) {
  page_.arena = std::make_unique<Arena>();
}

PulledPage PageSink::finish() {
  if (!ended_) call_.broke_contract("ended without a page");
  return std::move(page_);
}

void PageSink::add(const psabridge_slice& slice) {
  if (ended_) call_.broke_contract("gave a slice after the page's end");
  page_.slices.push_back(keep(slice, *page_.arena));
  page_.bytes += size_of(page_.slices.back());
}

void PageSink::end(const psabridge_page& page) {
  if (ended_) call_.broke_contract("ended its page twice");
  ended_ = true;
  page_.next = call_.checked_text(page.next, "cursor");
  page_.expected = page.expected;
  page_.more = page.more != 0;
  page_.requests = page.requests;
  if (page_.more && page_.next == cursor_)
    call_.broke_contract("asked to go on from the cursor that it was given");
}

void PageSink::on_slice(void* self, const psabridge_slice* slice) noexcept {
  auto& sink = *static_cast<PageSink*>(self);
  sink.call_.take([&] { sink.add(*slice); });
}

void PageSink::on_page(void* self, const psabridge_page* page) noexcept {
  auto& sink = *static_cast<PageSink*>(self);
  sink.call_.take([&] { sink.end(*page); });
}

FetchSink::FetchSink(VerbCall& call, std::span<const std::string> ids)
    : call_(call), open_(ids.begin(), ids.end()) {
  fetched_.arena = std::make_unique<Arena>();
}

Fetched FetchSink::finish() {
  if (!open_.empty()) call_.broke_contract("did not answer the id \"" + std::string(*open_.begin()) + "\"");
  return std::move(fetched_);
}

void FetchSink::close(psabridge_str id) {
  if (open_.erase(view(id)) == 0)
    call_.broke_contract("answered an id that was not asked for, or one twice: \"" +
                         std::string(call_.checked_text(id, "source id")) + "\"");
}

void FetchSink::on_slice(void* self, const psabridge_slice* slice) noexcept {
  auto& sink = *static_cast<FetchSink*>(self);
  sink.call_.take([&] {
    sink.close(slice->source_id);
    sink.fetched_.slices.push_back(keep(*slice, *sink.fetched_.arena));
  });
}

void FetchSink::on_absent(void* self, psabridge_str id, psabridge_absence absence) noexcept {
  auto& sink = *static_cast<FetchSink*>(self);
  sink.call_.take([&] {
    sink.close(id);
    sink.fetched_.absent.push_back({std::string(view(id)), absence == PSABRIDGE_ABSENT_HIDDEN});
  });
}

void CheckSink::add(const psabridge_finding& finding) {
  if (finding.health > PSABRIDGE_SKIP)
    call_.broke_contract("gave a finding of the unknown health " + std::to_string(finding.health));
  Finding found{static_cast<Health>(finding.health), text(finding.check, "check"),
                text(finding.subject, "subject"),    text(finding.error_code, "error code"),
                text(finding.fact, "fact"),          text(finding.fix, "fix")};
  if (found.check.empty() || found.fact.empty())
    call_.broke_contract("gave a finding without a check or a fact");
  sink_(std::move(found));
}

std::string CheckSink::text(psabridge_str given, std::string_view name) const {
  return std::string(call_.checked_text(given, name));
}

void CheckSink::on_finding(void* self, const psabridge_finding* finding) noexcept {
  auto& sink = *static_cast<CheckSink*>(self);
  sink.call_.take([&] { sink.add(*finding); });
}

std::vector<ChangeEnd> PushSink::finish(bool whole) {
  for (std::size_t i = 0; whole && i < ends_.size(); ++i)
    if (ends_[i].kind == ChangeEnd::Kind::unknown)
      call_.broke_contract("did not say what became of the change " + changes_[i].id);
  return std::move(ends_);
}

/// The end of a change that has none yet.
ChangeEnd& PushSink::open(psabridge_str id) {
  for (std::size_t i = 0; i < ends_.size(); ++i)
    if (changes_[i].id == view(id) && ends_[i].kind == ChangeEnd::Kind::unknown) return ends_[i];
  call_.broke_contract("spoke of a change that was not asked for, or that had ended: \"" +
                       std::string(call_.checked_text(id, "change")) + "\"");
}

void PushSink::differs(psabridge_str id, psabridge_str field, psabridge_difference when,
                       psabridge_str shown) {
  if (when > PSABRIDGE_DIFFERS_AFTER)
    call_.broke_contract("told a difference of the unknown kind " + std::to_string(when));
  open(id).differences.push_back({std::string(call_.checked_text(field, "field")),
                                  std::string(call_.checked_text(shown, "value")),
                                  when == PSABRIDGE_DIFFERS_AFTER});
}

void PushSink::refused(psabridge_str id, const psabridge_status& reason) {
  ChangeEnd& end = open(id);
  const bool again = reason.code == PSABRIDGE_RETRY || reason.code == PSABRIDGE_THROTTLED;
  end.kind = again ? ChangeEnd::Kind::retry : ChangeEnd::Kind::refused;
  end.failure = call_.error_of(reason);
}

void PushSink::on_differs(void* self, psabridge_str id, psabridge_str field, psabridge_difference when,
                          psabridge_str shown) noexcept {
  auto& sink = *static_cast<PushSink*>(self);
  sink.call_.take([&] { sink.differs(id, field, when, shown); });
}

void PushSink::on_done(void* self, psabridge_str id, psabridge_str source_id) noexcept {
  auto& sink = *static_cast<PushSink*>(self);
  sink.call_.take([&] {
    ChangeEnd& end = sink.open(id);
    end.source_id = sink.call_.checked_text(source_id, "source id");
    end.kind = ChangeEnd::Kind::done;
  });
}

void PushSink::on_refused(void* self, psabridge_str id, const psabridge_status* reason) noexcept {
  auto& sink = *static_cast<PushSink*>(self);
  sink.call_.take([&] { sink.refused(id, *reason); });
}

}  // namespace psabridge::plugin
