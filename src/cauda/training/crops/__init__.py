"""Learn the crop graders: foramina, recesses and displaced discs of synthetic spines."""
