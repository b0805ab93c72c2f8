#include <algorithm>
#include <set>

#include "core/plugin/adapters.h"

namespace psabridge::plugin {
namespace {

std::vector<psabridge_str> borrow_all(std::span<const std::string> texts) {
  std::vector<psabridge_str> borrowed(texts.size());
  std::ranges::transform(texts, borrowed.begin(), [](const std::string& text) { return borrow(text); });
  return borrowed;
}

/// One copy of the slice, in the page's arena.
Slice keep(const psabridge_slice& slice, Arena& arena) {
  return {arena.keep(view(slice.source_id)), arena.keep(view(slice.version)), arena.keep(view(slice.text)),
          (slice.flags & PSABRIDGE_SLICE_ID_ONLY) != 0, (slice.flags & PSABRIDGE_SLICE_DELETED) != 0};
}

std::size_t size_of(const Slice& slice) {
  return slice.source_id.size() + slice.version.size() + slice.text.size();
}

/// Takes one page and sees to it that it ends once and goes on.
class PageSink {
 public:
  PageSink(VerbCall& call, std::string_view cursor) : call_(call), cursor_(cursor) {
    page_.arena = std::make_unique<Arena>();
  }
  const psabridge_pull_sink* plain() const noexcept { return &plain_; }
  PulledPage finish() {
    if (!ended_) call_.broke_contract("ended without a page");
    return std::move(page_);
  }

 private:
  void add(const psabridge_slice& slice) {
    if (ended_) call_.broke_contract("gave a slice after the page's end");
    page_.slices.push_back(keep(slice, *page_.arena));
    page_.bytes += size_of(page_.slices.back());
  }
  void end(const psabridge_page& page) {
    if (ended_) call_.broke_contract("ended its page twice");
    ended_ = true;
    page_.next = call_.checked_text(page.next, "cursor");
    page_.expected = page.expected;
    page_.more = page.more != 0;
    page_.requests = page.requests;
    if (page_.more && page_.next == cursor_)
      call_.broke_contract("asked to go on from the cursor that it was given");
  }
  static void on_slice(void* self, const psabridge_slice* slice) noexcept {
    auto& sink = *static_cast<PageSink*>(self);
    sink.call_.take([&] { sink.add(*slice); });
  }
  static void on_page(void* self, const psabridge_page* page) noexcept {
    auto& sink = *static_cast<PageSink*>(self);
    sink.call_.take([&] { sink.end(*page); });
  }

  VerbCall& call_;
  std::string_view cursor_;
  PulledPage page_;
  bool ended_ = false;
  psabridge_pull_sink plain_{sizeof(psabridge_pull_sink), this, &on_slice, &on_page};
};

/// Takes single records and sees to it that each id is answered once.
class FetchSink {
 public:
  FetchSink(VerbCall& call, std::span<const std::string> ids) : call_(call), open_(ids.begin(), ids.end()) {
    fetched_.arena = std::make_unique<Arena>();
  }
  const psabridge_get_sink* plain() const noexcept { return &plain_; }
  Fetched finish() {
    if (!open_.empty()) call_.broke_contract("did not answer the id \"" + std::string(*open_.begin()) + "\"");
    return std::move(fetched_);
  }

 private:
  void close(psabridge_str id) {
    if (open_.erase(view(id)) == 0)
      call_.broke_contract("answered an id that was not asked for, or one twice: \"" +
                           std::string(call_.checked_text(id, "source id")) + "\"");
  }
  static void on_slice(void* self, const psabridge_slice* slice) noexcept {
    auto& sink = *static_cast<FetchSink*>(self);
    sink.call_.take([&] {
      sink.close(slice->source_id);
      sink.fetched_.slices.push_back(keep(*slice, *sink.fetched_.arena));
    });
  }
  static void on_absent(void* self, psabridge_str id, psabridge_absence absence) noexcept {
    auto& sink = *static_cast<FetchSink*>(self);
    sink.call_.take([&] {
      sink.close(id);
      sink.fetched_.absent.push_back({std::string(view(id)), absence == PSABRIDGE_ABSENT_HIDDEN});
    });
  }

  VerbCall& call_;
  std::set<std::string_view> open_;
  Fetched fetched_;
  psabridge_get_sink plain_{sizeof(psabridge_get_sink), this, &on_slice, &on_absent};
};

/// Takes findings and sees to it that they say something.
class CheckSink {
 public:
  CheckSink(VerbCall& call, const FindingSink& sink) : call_(call), sink_(sink) {}
  const psabridge_check_sink* plain() const noexcept { return &plain_; }

 private:
  void add(const psabridge_finding& finding) {
    if (finding.health > PSABRIDGE_SKIP)
      call_.broke_contract("gave a finding of the unknown health " + std::to_string(finding.health));
    Finding found{static_cast<Health>(finding.health), text(finding.check, "check"),
                  text(finding.subject, "subject"),    text(finding.error_code, "error code"),
                  text(finding.fact, "fact"),          text(finding.fix, "fix")};
    if (found.check.empty() || found.fact.empty())
      call_.broke_contract("gave a finding without a check or a fact");
    sink_(std::move(found));
  }
  std::string text(psabridge_str given, std::string_view name) const {
    return std::string(call_.checked_text(given, name));
  }
  static void on_finding(void* self, const psabridge_finding* finding) noexcept {
    auto& sink = *static_cast<CheckSink*>(self);
    sink.call_.take([&] { sink.add(*finding); });
  }

  VerbCall& call_;
  const FindingSink& sink_;
  psabridge_check_sink plain_{sizeof(psabridge_check_sink), this, &on_finding};
};

class ConnectorAdapter : public Connector {
 public:
  ConnectorAdapter(const LoadedRole& role, std::string_view settings, HostServices& services)
      : instance_(role, settings, services), verbs_(instance_.verbs<psabridge_connector>()) {
    VerbCall call(role, "describe", {});
    profile_ = parse_connector_profile(call.run_for_text(verbs_.describe, instance_.self(), "description"));
  }

  const ConnectorProfile& profile() const override { return profile_; }

  PulledPage pull(const PullRequest& request, const Stop& stop) override {
    const std::vector<psabridge_str> parents = borrow_all(request.parents);
    const psabridge_pull plain{sizeof plain,
                               borrow(request.entity),
                               request.ids_only ? PSABRIDGE_PULL_IDS : PSABRIDGE_PULL_CHANGES,
                               request.page_size,
                               borrow(request.filters),
                               parents.data(),
                               parents.size(),
                               borrow(request.cursor)};
    VerbCall call(instance_.role(), "pull", stop);
    PageSink sink(call, request.cursor);
    call.run(verbs_.pull, instance_.self(), &plain, sink.plain());
    return sink.finish();
  }

  Fetched get(std::string_view entity, std::span<const std::string> ids, const Stop& stop) override {
    const std::vector<psabridge_str> plain = borrow_all(ids);
    VerbCall call(instance_.role(), "get", stop);
    FetchSink sink(call, ids);
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, get) || !verbs_.get)
      call.broke_contract("is not offered, although the description says so of " + std::string(entity));
    call.run(verbs_.get, instance_.self(), borrow(entity), plain.data(), plain.size(), sink.plain());
    return sink.finish();
  }

  std::string sign_in(const Stop& stop) override {
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, sign_in) || !verbs_.sign_in) return {};
    VerbCall call(instance_.role(), "sign_in", stop);
    return call.run_for_text(verbs_.sign_in, instance_.self(), "sign-in");
  }

  void check(std::span<const std::string> entities, const FindingSink& found, const Stop& stop) override {
    if (!PSABRIDGE_HAS(&verbs_, psabridge_connector, check) || !verbs_.check) return;
    const std::vector<psabridge_str> plain = borrow_all(entities);
    VerbCall call(instance_.role(), "check", stop);
    CheckSink sink(call, found);
    call.run(verbs_.check, instance_.self(), plain.data(), plain.size(), sink.plain());
  }

 private:
  Instance instance_;
  const psabridge_connector& verbs_;
  ConnectorProfile profile_;
};

}  // namespace

std::unique_ptr<Connector> adapt_connector(const LoadedRole& role, std::string_view settings,
                                           HostServices& services) {
  return std::make_unique<ConnectorAdapter>(role, settings, services);
}

}  // namespace psabridge::plugin
