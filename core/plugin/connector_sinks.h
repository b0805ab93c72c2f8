// What the verbs of a connector push into: each takes what it is given, once and as the contract demands.
#pragma once
#include <psabridge/abi.h>

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "core/plugin/instance.h"
#include "core/plugin/roles.h"

namespace psabridge::plugin {

// A sink lives on the stack of the thread that calls the verb, and no longer than `call`.

/// Takes one page and sees to it that it ends once and goes on.
class PageSink {
 public:
  PageSink(VerbCall& call, std::string_view cursor);
  const psabridge_pull_sink* plain() const noexcept { return &plain_; }
  PulledPage finish();

 private:
  void add(const psabridge_slice& slice);
  void end(const psabridge_page& page);
  static void on_slice(void* self, const psabridge_slice* slice) noexcept;
  static void on_page(void* self, const psabridge_page* page) noexcept;

  VerbCall& call_;
  std::string_view cursor_;
  PulledPage page_;
  bool ended_ = false;
  psabridge_pull_sink plain_{sizeof(psabridge_pull_sink), this, &on_slice, &on_page};
};

/// Takes single records and sees to it that each id is answered once.
class FetchSink {
 public:
  FetchSink(VerbCall& call, std::span<const std::string> ids);
  const psabridge_get_sink* plain() const noexcept { return &plain_; }
  Fetched finish();

 private:
  void close(psabridge_str id);
  static void on_slice(void* self, const psabridge_slice* slice) noexcept;
  static void on_absent(void* self, psabridge_str id, psabridge_absence absence) noexcept;

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
  void add(const psabridge_finding& finding);
  std::string text(psabridge_str given, std::string_view name) const;
  static void on_finding(void* self, const psabridge_finding* finding) noexcept;

  VerbCall& call_;
  const FindingSink& sink_;
  psabridge_check_sink plain_{sizeof(psabridge_check_sink), this, &on_finding};
};

/// Takes what became of changes and sees to it that each ends once.
class PushSink {
 public:
  PushSink(VerbCall& call, std::span<const OutgoingChange> changes)
      : call_(call), changes_(changes), ends_(changes.size()) {}
  const psabridge_push_sink* plain() const noexcept { return &plain_; }
  /// What was told so far. Throws Error PB1111 when `whole` and a change has no end.
  std::vector<ChangeEnd> finish(bool whole);

 private:
  ChangeEnd& open(psabridge_str id);
  void differs(psabridge_str id, psabridge_str field, psabridge_difference when, psabridge_str shown);
  void refused(psabridge_str id, const psabridge_status& reason);
  static void on_differs(void* self, psabridge_str id, psabridge_str field, psabridge_difference when,
                         psabridge_str shown) noexcept;
  static void on_done(void* self, psabridge_str id, psabridge_str source_id) noexcept;
  static void on_refused(void* self, psabridge_str id, const psabridge_status* reason) noexcept;

  VerbCall& call_;
  std::span<const OutgoingChange> changes_;
  std::vector<ChangeEnd> ends_;
  psabridge_push_sink plain_{sizeof(psabridge_push_sink), this, &on_differs, &on_done, &on_refused};
};

}  // namespace psabridge::plugin
