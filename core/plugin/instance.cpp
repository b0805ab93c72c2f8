#include "core/plugin/instance.h"

#include <chrono>

#include "core/base/text.h"

namespace psabridge::plugin {
namespace {

/// The catalog's code for a failure to which the plugin gave none.
std::string_view code_for(psabridge_code code) noexcept {
  switch (code) {
    case PSABRIDGE_RETRY:
      return "PB1113";
    case PSABRIDGE_THROTTLED:
      return "PB1205";
    case PSABRIDGE_UNAUTHORIZED:
      return "PB1203";
    case PSABRIDGE_FORBIDDEN:
      return "PB1204";
    case PSABRIDGE_INVALID:
      return "PB1112";
    case PSABRIDGE_CANCELLED:
      return "PB1410";
    default:
      return "PB1199";
  }
}

const Stop kNeverStop = [] { return false; };

}  // namespace

VerbCall::VerbCall(const LoadedRole& role, const char* verb, const Stop& stop)
    : role_(role),
      verb_(verb),
      stop_(stop ? stop : kNeverStop),
      plain_{sizeof(psabridge_call), this, &fail, &cancelled} {}

void VerbCall::fail(void* self, const psabridge_status* status) noexcept {
  auto& call = *static_cast<VerbCall*>(self);
  call.take([&] { call.failure_ = call.error_of(*status); });
}

std::int32_t VerbCall::cancelled(void* self) noexcept {
  return static_cast<VerbCall*>(self)->stop_() ? 1 : 0;
}

Error VerbCall::error_of(const psabridge_status& status) const {
  const std::string_view own_code = view(status.error_code);
  const std::string_view message = view(status.message);
  const std::string_view code = find_error(own_code) ? own_code : code_for(status.code);
  std::string text(is_utf8(message) ? message : "The plugin's message is not valid UTF-8.");
  if (text.empty()) text = "The plugin gave no reason.";
  if (!own_code.empty() && code != own_code && is_utf8(own_code))
    text += " (the plugin's code: " + std::string(own_code) + ")";
  Error error(code, text + " [" + place() + "]");
  if (status.retry_after_ms != 0) error.retry_after = std::chrono::milliseconds(status.retry_after_ms);
  return error;
}

void VerbCall::settle(psabridge_code code) const {
  if (refused_) std::rethrow_exception(refused_);
  if (code == PSABRIDGE_OK) return;
  if (!failure_) broke_contract("ended with the code " + std::to_string(code) + " and gave no reason");
  throw *failure_;
}

std::string TextSink::finish() {
  if (!text_) call_.broke_contract("gave no " + std::string(name_));
  return *std::move(text_);
}

void TextSink::on_text(void* self, psabridge_str text) noexcept {
  auto& sink = *static_cast<TextSink*>(self);
  sink.call_.take([&] {
    if (sink.text_) sink.call_.broke_contract("gave its " + std::string(sink.name_) + " twice");
    sink.text_ = sink.call_.checked_text(text, sink.name_);
  });
}

std::string VerbCall::place() const { return "plugin " + role_.plugin + ", " + role_.label + ", " + verb_; }

void VerbCall::broke_contract(const std::string& what) const {
  throw Error("PB1111", "The " + place() + ", broke the plugin contract: it " + what + ".");
}

std::string_view VerbCall::checked_text(psabridge_str text, std::string_view name) const {
  if (!is_utf8(view(text))) broke_contract("gave a " + std::string(name) + " that is not valid UTF-8");
  return view(text);
}

Instance::Instance(const LoadedRole& role, std::string_view settings, HostServices& services)
    : role_(role), host_(services, role.tag) {
  VerbCall call(role_, "create", kNeverStop);
  call.run(role_.table->create, host_.plain(), borrow(settings), &self_);
}

Instance::~Instance() {
  const CrashScope scope({role_.plugin.c_str(), role_.label.c_str(), "destroy"});
  role_.table->destroy(self_);
}

}  // namespace psabridge::plugin
