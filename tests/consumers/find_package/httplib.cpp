// A user's program of the cpp-httplib adapter: its target brings cpp-httplib.
// SPDX-License-Identifier: MIT
#include <httplib.h>

int main() { return httplib::Server().is_valid() ? 0 : 1; }
