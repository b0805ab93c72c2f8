// What a check writes down.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/plugin/roles.h"

namespace psabridge::doctor {

using plugin::Health;

/// One fact that a check found out.
struct Finding {
  std::string connection;  ///< empty: it belongs to the installation
  std::string check;       ///< "dns"
  std::string subject;     ///< of several: a host, an entity, a file; may be empty
  Health health = Health::pass;
  std::string code;  ///< for `psabridge explain`; empty when it passed
  std::string fact;  ///< what is, with figures
  std::string fix;   ///< what to do; empty when it passed
  Milliseconds took{};
};

/// Takes the findings of one check after the other. One thread.
class Notes {
 public:
  Notes(std::string connection, Clock& clock) : connection_(std::move(connection)), clock_(clock) {}

  /// A check begins; its findings follow.
  void begin(std::string_view check) {
    check_ = check;
    began_ = clock_.monotonic();
    found_in_check_ = findings_.size();
  }
  /// True when the running check has found nothing that fails.
  bool sound() const {
    for (std::size_t i = found_in_check_; i < findings_.size(); ++i)
      if (findings_[i].health == Health::fail) return false;
    return true;
  }
  bool nothing_found() const noexcept { return findings_.size() == found_in_check_; }

  void pass(std::string subject, std::string fact) {
    add(Health::pass, std::move(subject), {}, std::move(fact), {});
  }
  void warn(std::string subject, std::string_view code, std::string fact, std::string fix) {
    add(Health::warn, std::move(subject), code, std::move(fact), std::move(fix));
  }
  void fail(std::string subject, std::string_view code, std::string fact, std::string fix) {
    add(Health::fail, std::move(subject), code, std::move(fact), std::move(fix));
  }
  /// The catalog's remedy is the fix.
  void fail(std::string subject, const Error& error) {
    add(Health::fail, std::move(subject), error.code(), error.message(), std::string(error.info().remedy));
  }
  void skip(std::string subject, std::string fact) {
    add(Health::skip, std::move(subject), {}, std::move(fact), {});
  }
  /// What a connector found out with a check of its own.
  void add(plugin::Finding finding) {
    const std::string own = std::exchange(check_, std::move(finding.check));
    add(finding.health, std::move(finding.subject), finding.code, std::move(finding.fact),
        std::move(finding.fix));
    check_ = own;
  }

  std::vector<Finding> take() { return std::move(findings_); }

 private:
  void add(Health health, std::string subject, std::string_view code, std::string fact, std::string fix) {
    findings_.push_back({connection_, check_, std::move(subject), health, std::string(code), std::move(fact),
                         std::move(fix), clock_.monotonic() - began_});
  }

  const std::string connection_;
  Clock& clock_;
  std::string check_;
  Milliseconds began_{};
  std::size_t found_in_check_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace psabridge::doctor
