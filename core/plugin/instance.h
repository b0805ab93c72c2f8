// One created instance of a role, and one call into it: what all adapters share.
#pragma once
#include <psabridge/abi.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/model/value.h"
#include "core/plugin/crash_reporter.h"
#include "core/plugin/host_table.h"
#include "core/plugin/registry.h"

namespace psabridge::plugin {

/// A role of a loaded plugin; lives for ever, like the library.
struct LoadedRole {
  std::string plugin;  ///< id
  std::string name;    ///< "halo"
  std::string label;   ///< "connector \"halo\"", for messages
  std::string tag;     ///< "halo connector", for log lines
  const psabridge_role* table;
};

/// One call of one verb: lends the plugin its side of the call, names it to the crash reporter and turns its
/// end into an Error. Lives on the stack of the calling thread.
class VerbCall {
 public:
  /// `verb`: a literal.
  VerbCall(const LoadedRole& role, const char* verb, const Stop& stop);
  VerbCall(const VerbCall&) = delete;
  VerbCall& operator=(const VerbCall&) = delete;

  /// Calls `function(arguments..., call)`. Throws what a sink refused, else the plugin's failure as an Error
  /// that names plugin, role and verb.
  template <class Function, class... Arguments>
  void run(Function function, Arguments... arguments) {
    psabridge_code code;
    {
      const CrashScope scope({role_.plugin.c_str(), role_.label.c_str(), verb_});
      code = function(arguments..., &plain_);
    }
    settle(code);
  }

  /// The same for a verb that gives one text, into a sink after its own arguments; `name` says which text
  /// ("schema").
  template <class Function, class... Arguments>
  std::string run_for_text(std::string_view name, Function function, Arguments... arguments);

  /// Runs a sink's work: an exception is kept, as none may cross the plugin, and thrown by run(). After the
  /// first, pushes are ignored.
  template <class Body>
  void take(Body&& body) noexcept {
    if (refused_) return;
    try {
      body();
    } catch (...) {
      refused_ = std::current_exception();
    }
  }

  /// The plugin broke the contract. Throws Error PB1111.
  [[noreturn]] void broke_contract(const std::string& what) const;
  /// Throws Error PB1111 unless the text is UTF-8; `name` says which text.
  std::string_view checked_text(psabridge_str text, std::string_view name) const;
  /// What the plugin says of something that failed, as an Error that names plugin, role and verb.
  Error error_of(const psabridge_status& status) const;

 private:
  static void fail(void* self, const psabridge_status* status) noexcept;
  static std::int32_t cancelled(void* self) noexcept;

  void settle(psabridge_code code) const;
  std::string place() const;

  const LoadedRole& role_;
  const char* verb_;
  const Stop& stop_;
  psabridge_call plain_;
  std::optional<Error> failure_;
  std::exception_ptr refused_;
};

/// Takes the one text of a verb.
class TextSink {
 public:
  TextSink(VerbCall& call, std::string_view name) : call_(call), name_(name) {}
  const psabridge_text_sink* plain() const noexcept { return &plain_; }
  std::string finish();

 private:
  static void on_text(void* self, psabridge_str text) noexcept;

  VerbCall& call_;
  std::string_view name_;
  std::optional<std::string> text_;
  psabridge_text_sink plain_{sizeof(psabridge_text_sink), this, &on_text};
};

template <class Function, class... Arguments>
std::string VerbCall::run_for_text(std::string_view name, Function function, Arguments... arguments) {
  TextSink sink(*this, name);
  run(function, arguments..., sink.plain());
  return sink.finish();
}

/// Owns a plugin's instance. `services` and `role` outlive it.
class Instance {
 public:
  /// Throws what the plugin's `create` said.
  Instance(const LoadedRole& role, std::string_view settings, HostServices& services);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const LoadedRole& role() const noexcept { return role_; }
  void* self() const noexcept { return self_; }
  template <class Verbs>
  const Verbs& verbs() const noexcept {
    return *static_cast<const Verbs*>(role_.table->verbs);
  }

 private:
  const LoadedRole& role_;
  HostTable host_;
  void* self_ = nullptr;
};

}  // namespace psabridge::plugin
