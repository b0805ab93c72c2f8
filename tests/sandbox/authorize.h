// The authorize endpoint: what a browser meets when somebody signs in and lets the application in.
#pragma once

#include "tests/sandbox/application.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/tokens.h"

namespace sandbox {

// Thread-safe.
class Authorize {
 public:
  Authorize(const Registration& registration, Tokens& tokens)
      : registration_(registration), tokens_(tokens) {}

  // GET /auth/authorize, and the POST of the sign-in form.
  void answer(const Request& request, Response& response);

 private:
  const Registration& registration_;
  Tokens& tokens_;
};

}  // namespace sandbox
