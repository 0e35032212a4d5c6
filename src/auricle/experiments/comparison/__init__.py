"""`auricle results`: systems side by side on real recordings, each under the same evaluation."""
