// The test service on Boost.Beast.
// SPDX-License-Identifier: MIT
int main() {}
